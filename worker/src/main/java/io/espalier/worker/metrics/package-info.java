/** What a worker shows Prometheus. */
@NullMarked
package io.espalier.worker.metrics;

import org.jspecify.annotations.NullMarked;
