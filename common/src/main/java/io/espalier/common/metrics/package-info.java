/**
 * Measurements: one row per update and one per evaluated metric, their Arrow schema and codec.
 * Start reading at {@link io.espalier.common.metrics.MetricRow}.
 */
@NullMarked
package io.espalier.common.metrics;

import org.jspecify.annotations.NullMarked;
