/**
 * Exact checkpoints: where a branch stands at one of its update boundaries, in one file that is
 * read whole and unharmed or not at all. Knows files and numbers, and nothing of training; start
 * with {@link io.espalier.worker.checkpoint.CheckpointFile}.
 */
@NullMarked
package io.espalier.worker.checkpoint;

import org.jspecify.annotations.NullMarked;
