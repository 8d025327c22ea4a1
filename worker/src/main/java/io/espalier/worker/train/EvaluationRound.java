package io.espalier.worker.train;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.evaluate.Evaluator;
import io.espalier.worker.evaluate.PassSizes;
import io.espalier.worker.evaluate.SetEvaluator;
import io.espalier.worker.evaluate.TrainedState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures the slots of a pack whose updates are over: the first that asks for a set has it
 * measured in the same passes for all that will ask for it too. Valid until the pack's next pass,
 * on its thread.
 */
final class EvaluationRound {
  private static final Logger log = LoggerFactory.getLogger(EvaluationRound.class);

  private final Pack pack;
  private final PassSizes sizes;

  /** In their slots' order. */
  private final List<Asking> all = new ArrayList<>();

  private final Map<EvaluationSet, Map<Integer, Evaluator.Score>> scores = new IdentityHashMap<>();
  private final Map<EvaluationSet, Map<Integer, List<int[]>>> answers = new IdentityHashMap<>();

  /** Whether slots are measured one by one, since together they broke. */
  private boolean apart;

  private record Asking(int slot, BranchRun run, Evaluations.Wish wish) {}

  /**
   * @param sizes those of the thread
   */
  EvaluationRound(Pack pack, PassSizes sizes) {
    this.pack = pack;
    this.sizes = sizes;
  }

  /** A slot whose branch may ask: for what it wishes for now, or else alone. */
  void add(int slot, BranchRun run) {
    all.add(new Asking(slot, run, run.evaluates()));
  }

  private Asking at(int slot) {
    return all.stream().filter(one -> one.slot == slot).findFirst().orElseThrow();
  }

  /** What measures a slot as it is. */
  SetEvaluator present(int slot) {
    Asking asking = at(slot);
    return new SetEvaluator() {
      @Override
      public Evaluator.Score score(EvaluationSet set) {
        return measured(
            scores, asking, set, Evaluations.Wish::scores, slots -> slots.scores(set.rows()));
      }

      @Override
      public List<int[]> answer(EvaluationSet set, List<Integer> endTokens, int maxNewTokens) {
        return measured(
            answers,
            asking,
            set,
            Evaluations.Wish::answers,
            slots -> slots.answers(set.prompts(), endTokens, maxNewTokens));
      }
    };
  }

  /**
   * What measures other weights in a slot's place; valid while {@code scope} is open too.
   *
   * @param weights flat vector [P]
   */
  SetEvaluator other(NDManager scope, int slot, float[] weights) {
    return evaluator(pack.state(scope, slot, weights), List.of(at(slot)));
  }

  private <V> V measured(
      Map<EvaluationSet, Map<Integer, V>> known,
      Asking asking,
      EvaluationSet set,
      Predicate<Evaluations.Wish> asks,
      Function<Evaluator, List<V>> measure) {
    Map<Integer, V> bySlot = known.computeIfAbsent(set, any -> new HashMap<>());
    V own = bySlot.get(asking.slot);
    if (own != null) {
      return own;
    }
    List<Asking> together =
        all.stream()
            .filter(
                other ->
                    other.slot == asking.slot
                        || (!apart
                            && asks.test(other.wish)
                            && other.wish.sharesWith(asking.wish, set)))
            .toList();
    if (together.size() > 1) {
      try {
        List<V> values = measured(together, measure);
        for (int i = 0; i < together.size(); i++) {
          bySlot.put(together.get(i).slot, values.get(i));
        }
        return values.get(together.indexOf(asking));
      } catch (RuntimeException e) {
        log.warn("an evaluation of {} branches broke: now one by one", together.size(), e);
        apart = true;
      }
    }
    return measured(List.of(asking), measure).get(0);
  }

  private <V> List<V> measured(List<Asking> together, Function<Evaluator, List<V>> measure) {
    List<Integer> slots = together.stream().map(Asking::slot).toList();
    return measure.apply(evaluator(pack.state(slots), together));
  }

  private Evaluator evaluator(TrainedState state, List<Asking> whose) {
    return new Evaluator(
        state, sizes, smaller -> whose.forEach(asking -> asking.run.relieved(smaller)));
  }
}
