/** Metric rows in by Arrow Flight, kept as Arrow files, and shown to Prometheus. */
@NullMarked
package io.espalier.coordinator.metrics;

import org.jspecify.annotations.NullMarked;
