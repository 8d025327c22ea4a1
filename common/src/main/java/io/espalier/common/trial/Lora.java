package io.espalier.common.trial;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * PEFT's LoraConfig.
 *
 * @param rank of every adapter that no pattern names
 * @param alpha the product of an adapter is scaled by alpha ÷ rank, or by alpha ÷ √rank with rsLoRA
 * @param dropout before the adapters, 0 to 1 (exclusive)
 * @param targetModules {@code [all-linear]} or module names such as {@code q_proj}
 * @param rankPattern ranks of modules by {@link #matches what their paths match}; the first entry
 *     that matches counts
 * @param alphaPattern alphas of modules, likewise
 * @param rslora rank-stabilised scaling (Kalajdzievski 2023)
 * @param dora weight-decomposed adapters (Liu et al. 2024): a learned magnitude for each output
 * @param lrRatio LoRA+ (Hayou et al. 2024): learning rate of B over that of A, ≥ 1 is usual
 */
public record Lora(
    int rank,
    double alpha,
    double dropout,
    List<String> targetModules,
    Map<String, Integer> rankPattern,
    Map<String, Double> alphaPattern,
    boolean rslora,
    boolean dora,
    double lrRatio) {
  /** The keys of {@code training} that say what an adapter is, not how it is trained. */
  public static final List<String> SHAPE =
      List.of(
          "lora_rank",
          "lora_alpha",
          "target_modules",
          "rank_pattern",
          "alpha_pattern",
          "use_rslora",
          "use_dora");

  public Lora {
    targetModules = List.copyOf(targetModules);
    // Earlier versions wrote none of these.
    rankPattern = rankPattern == null ? Map.of() : inOrder(rankPattern);
    alphaPattern = alphaPattern == null ? Map.of() : inOrder(alphaPattern);
    lrRatio = lrRatio == 0 ? 1 : lrRatio;
  }

  /** An adapter without any of the variants. */
  public static Lora plain(int rank, double alpha, double dropout, List<String> targetModules) {
    return new Lora(rank, alpha, dropout, targetModules, Map.of(), Map.of(), false, false, 1);
  }

  /** Another adapter's shape, trained as this one. */
  public Lora shapedAs(Lora other) {
    return new Lora(
        other.rank,
        other.alpha,
        dropout,
        other.targetModules,
        other.rankPattern,
        other.alphaPattern,
        other.rslora,
        other.dora,
        lrRatio);
  }

  /** The same with other ranks for the modules that a pattern names. */
  public Lora with(Map<String, Integer> ranks) {
    return new Lora(
        rank, alpha, dropout, targetModules, ranks, alphaPattern, rslora, dora, lrRatio);
  }

  /** Rank of a module's adapter. */
  public int rankOf(String path) {
    return matching(rankPattern, path, rank);
  }

  /** What a module's product is multiplied by. */
  public double scaleOf(String path) {
    double modulesAlpha = matching(alphaPattern, path, alpha);
    int modulesRank = rankOf(path);
    return modulesAlpha / (rslora ? Math.sqrt(modulesRank) : modulesRank);
  }

  /** The same with the modules that another names too, to ask a model whether it has them. */
  public Lora naming(Lora other) {
    var targets = new LinkedHashSet<>(targetModules);
    targets.addAll(other.targetModules);
    var ranks = new LinkedHashMap<>(other.rankPattern);
    ranks.putAll(rankPattern);
    var alphas = new LinkedHashMap<>(other.alphaPattern);
    alphas.putAll(alphaPattern);
    return new Lora(
        rank, alpha, dropout, List.copyOf(targets), ranks, alphas, rslora, dora, lrRatio);
  }

  /** PEFT's rule: a name means the modules whose path is it, or ends in it after a dot. */
  public static boolean names(String name, String path) {
    return path.equals(name) || path.endsWith("." + name);
  }

  /**
   * PEFT's rule for the keys of patterns: a regular expression for a path, or for the end of one
   * after a dot.
   *
   * @throws java.util.regex.PatternSyntaxException when it is none
   */
  public static boolean matches(String key, String path) {
    return Pattern.matches("(?:.*\\.)?(?:" + key + ")", path);
  }

  /** Patterns in another order are another adapter: the first that matches counts. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Lora that && parts().equals(that.parts());
  }

  @Override
  public int hashCode() {
    return parts().hashCode();
  }

  private List<Object> parts() {
    return List.of(
        rank,
        alpha,
        dropout,
        targetModules,
        List.copyOf(rankPattern.entrySet()),
        List.copyOf(alphaPattern.entrySet()),
        rslora,
        dora,
        lrRatio);
  }

  /** Map.copyOf has an order of its own in each process. */
  private static <T> Map<String, T> inOrder(Map<String, T> pattern) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(pattern));
  }

  private static <T> T matching(Map<String, T> pattern, String path, T standard) {
    return pattern.entrySet().stream()
        .filter(entry -> matches(entry.getKey(), path))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(standard);
  }
}
