package io.espalier.coordinator;

import io.espalier.coordinator.metrics.MetricsService;

/**
 * What only the active coordinator has: the metrics store and its door, the actors that decide, and
 * what people may ask of them.
 */
record Active(MetricsService metrics, Actors actors, SweepService service) {}
