/**
 * What another pruner would have done with a sweep that was recorded. Pure; {@link
 * io.espalier.coordinator.replay.Replay} is where to start.
 */
@NullMarked
package io.espalier.coordinator.replay;

import org.jspecify.annotations.NullMarked;
