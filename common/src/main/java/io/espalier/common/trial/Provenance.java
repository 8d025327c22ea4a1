package io.espalier.common.trial;

/**
 * What a trial's numbers depend on besides its configuration, and what it took: equal provenance
 * (memory aside) means that the same training gives the same bits.
 *
 * @param revision git commit of espalier, with {@code -dirty} when its sources were changed; {@code
 *     unknown} when it was built outside a repository
 * @param libtorch version
 * @param device {@code cpu} with the processor's name
 * @param instructionSet what libtorch's CPU kernels use: {@code AVX512}, {@code AVX2} or {@code
 *     default}; with {@code +avx512_bf16} where the processor has it
 * @param java version of the runtime
 * @param dataSha256 of the tokenized rows
 * @param modelSha256 of the base model's files, and of the adapter's that training starts from
 * @param peakMemoryBytes most memory the worker's process had resident while the trial ran; lanes
 *     share the process, so this counts the base model and the trials beside this one
 */
public record Provenance(
    String revision,
    String libtorch,
    String device,
    String instructionSet,
    String java,
    String dataSha256,
    String modelSha256,
    long peakMemoryBytes) {}
