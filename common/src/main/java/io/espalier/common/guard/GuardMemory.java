package io.espalier.common.guard;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What guards remember. Part of the checkpoints' format.
 *
 * @param rules what each rule remembers, by its name
 * @param pace what learning rates are multiplied with
 * @param reductions how often that was lowered
 * @param lastReduction at which update that was last; 0 before
 */
public record GuardMemory(
    Map<String, List<Double>> rules, double pace, int reductions, long lastReduction) {
  public GuardMemory {
    rules = Map.copyOf(rules);
  }

  /** As it is written now, or as earlier versions wrote the three rules that they had. */
  @JsonCreator
  static GuardMemory read(
      @JsonProperty("rules") @Nullable Map<String, List<Double>> rules,
      @JsonProperty("pace") double pace,
      @JsonProperty("reductions") int reductions,
      @JsonProperty("lastReduction") long lastReduction,
      @JsonProperty("spikeLosses") @Nullable List<Double> spikeLosses,
      @JsonProperty("collapseLosses") @Nullable List<Double> collapseLosses,
      @JsonProperty("collapseNorms") @Nullable List<Double> collapseNorms,
      @JsonProperty("firstLoss") @Nullable OptionalDouble firstLoss,
      @JsonProperty("firstNorm") @Nullable OptionalDouble firstNorm,
      @JsonProperty("spikes") int spikes) {
    if (rules != null) {
      return new GuardMemory(rules, pace, reductions, lastReduction);
    }
    var earlier = new HashMap<String, List<Double>>();
    if (spikeLosses != null) {
      var spike = new ArrayList<Double>();
      spike.add((double) spikes);
      spike.addAll(spikeLosses);
      earlier.put("loss_spike", spike);
    }
    if (collapseLosses != null && collapseNorms != null) {
      var collapse = new ArrayList<Double>();
      collapse.add(firstLoss == null ? Double.NaN : firstLoss.orElse(Double.NaN));
      collapse.add(firstNorm == null ? Double.NaN : firstNorm.orElse(Double.NaN));
      collapse.addAll(collapseLosses);
      collapse.addAll(collapseNorms);
      earlier.put("collapse", collapse);
    }
    return new GuardMemory(earlier, pace, 0, 0);
  }
}
