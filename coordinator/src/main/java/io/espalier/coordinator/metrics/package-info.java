/** Metric rows in by Arrow Flight, kept as Arrow files, shown to Prometheus, read and exported. */
@NullMarked
package io.espalier.coordinator.metrics;

import org.jspecify.annotations.NullMarked;
