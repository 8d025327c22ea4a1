/**
 * A sweep's life: the pure state with its decisions and events, and the actor that journals them.
 * Start reading at the Sweep record.
 */
@NullMarked
package io.espalier.coordinator.sweep;

import org.jspecify.annotations.NullMarked;
