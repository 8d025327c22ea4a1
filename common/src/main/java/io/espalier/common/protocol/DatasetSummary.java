package io.espalier.common.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.List;
import java.util.Map;

/**
 * What a worker found when it read the model and the data: planning needs the counts, other
 * workers' fingerprints must match.
 *
 * @param samples training rows after template, truncation and skipping, ≥ 1
 * @param evalSamples rows of the eval set, 0 when there is none
 * @param retentionSamples rows of the retention set, 0 when there is none
 * @param tokens of all training rows
 * @param targets tokens of all training rows that count in the loss
 * @param longest tokens of the longest training row
 * @param skipped broken or too long rows left out
 * @param parameters weights of the base model
 * @param dataSha256 of the tokenized rows
 * @param modelSha256 of the model's files, and of the adapter's that training starts from
 * @param base what training starts from, measured before it: {@code train_loss} of some of the
 *     training rows, {@code <set>_loss} and {@code <set>_token_accuracy} of each set; only what is
 *     finite
 */
public record DatasetSummary(
    long samples,
    long evalSamples,
    long retentionSamples,
    long tokens,
    long targets,
    int longest,
    long skipped,
    long parameters,
    String dataSha256,
    String modelSha256,
    @JsonSetter(nulls = Nulls.AS_EMPTY) List<String> leftOut,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, Double> base) {
  @JsonCreator
  public DatasetSummary {
    leftOut = List.copyOf(leftOut);
    // Earlier versions wrote none.
    base = base == null ? Map.of() : Map.copyOf(base);
  }

  /** Before anything is computed of them. */
  public DatasetSummary(
      long samples,
      long evalSamples,
      long retentionSamples,
      long tokens,
      long targets,
      int longest,
      long skipped,
      long parameters,
      String dataSha256,
      String modelSha256,
      List<String> leftOut) {
    this(
        samples,
        evalSamples,
        retentionSamples,
        tokens,
        targets,
        longest,
        skipped,
        parameters,
        dataSha256,
        modelSha256,
        leftOut,
        Map.of());
  }

  /** The same with what was measured of the base. */
  public DatasetSummary with(Map<String, Double> measured) {
    return new DatasetSummary(
        samples,
        evalSamples,
        retentionSamples,
        tokens,
        targets,
        longest,
        skipped,
        parameters,
        dataSha256,
        modelSha256,
        leftOut,
        measured);
  }

  /** Whether both stand for the same rows and the same weights. */
  public boolean matches(DatasetSummary other) {
    return dataSha256.equals(other.dataSha256) && modelSha256.equals(other.modelSha256);
  }
}
