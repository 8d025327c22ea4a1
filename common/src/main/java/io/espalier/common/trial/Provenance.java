package io.espalier.common.trial;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Optional;

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
 *     share the process, so this counts the base model and the trials beside this one. The host's
 *     memory, also where a GPU trains: what is on the GPU is not measured
 * @param gpu what trained it; absent on a CPU, where its driver does not tell, and from earlier
 *     versions
 */
public record Provenance(
    String revision,
    String libtorch,
    String device,
    String instructionSet,
    String java,
    String dataSha256,
    String modelSha256,
    long peakMemoryBytes,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Gpu> gpu) {
  public Provenance {
    // Earlier versions wrote none.
    gpu = gpu == null ? Optional.empty() : gpu;
  }

  /**
   * A GPU.
   *
   * @param name as it calls itself: {@code NVIDIA H200}
   * @param driver version of the system's
   * @param cuda version that libtorch was built for, where that is known
   */
  public record Gpu(String name, String driver, Optional<String> cuda) {}
}
