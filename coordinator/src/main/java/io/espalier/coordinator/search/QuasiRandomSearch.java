package io.espalier.coordinator.search;

import io.espalier.common.UserError;
import io.espalier.common.spec.SearchSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hipparchus.random.HaltonSequenceGenerator;
import org.hipparchus.random.RandomVectorGenerator;
import org.hipparchus.random.SobolSequenceGenerator;

/**
 * Draws that fill the space evenly: a sequence of low discrepancy, one dimension a key, each
 * shifted by an amount that follows from the seed (Cranley and Patterson 1976). More trials go on
 * where fewer ended.
 */
final class QuasiRandomSearch {
  /** As many dimensions as Hipparchus has Halton bases for; of Sobol's it has 1,000. */
  private static final int MOST_HALTON_KEYS = 40;

  private final SearchSpec search;
  private final List<String> keys;
  private final RandomVectorGenerator sequence;
  private double[] next;

  /**
   * @throws UserError when the sequence has too few dimensions
   */
  QuasiRandomSearch(SearchSpec search) {
    this.search = search;
    keys = new ArrayList<>(search.space().keySet());
    boolean halton = search.method() == SearchSpec.Method.HALTON;
    if (halton && keys.size() > MOST_HALTON_KEYS) {
      throw new UserError(
          "search.method: halton spreads over %d keys at most, and search.space has %d; expected sobol; choose it"
              .formatted(MOST_HALTON_KEYS, keys.size()));
    }
    sequence =
        halton ? new HaltonSequenceGenerator(keys.size()) : new SobolSequenceGenerator(keys.size());
    next = sequence.nextVector();
  }

  /** The next point. */
  Map<String, String> point() {
    Map<String, String> point = Draws.point(search, this::unit);
    next = sequence.nextVector();
    return point;
  }

  private double unit(String key) {
    double shifted = next[keys.indexOf(key)] + RandomSearch.unit(search.seed(), 0, key);
    return shifted < 1 ? shifted : shifted - 1;
  }
}
