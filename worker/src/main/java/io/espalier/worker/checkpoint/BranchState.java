package io.espalier.worker.checkpoint;

/**
 * All that a branch's next update depends on, on the host.
 *
 * @param weights the slot's flat vector [P]
 * @param firstMoments [P] as the optimizer keeps them; empty for zeros
 * @param secondMoments likewise
 * @param bestWeights [P] of the best evaluation; empty where none is kept
 */
public record BranchState(
    float[] weights,
    float[] firstMoments,
    float[] secondMoments,
    float[] bestWeights,
    Standing standing) {}
