package io.espalier.deploy.progress;

import io.espalier.common.trial.BranchId;
import io.espalier.coordinator.report.LiveUpdate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The train losses that a screen has seen, as a small picture for each branch. Not thread-safe. */
final class Sparks {
  private static final String HEIGHTS = "▁▂▃▄▅▆▇█";
  private static final int WIDTH = 16;

  private final Map<BranchId, Curve> curves = new HashMap<>();

  /** Losses in bins of equal length; when there are too many, two become one. */
  private static final class Curve {
    private final List<Double> means = new ArrayList<>();
    private long last;
    private int each = 1;
    private double sum;
    private int count;

    void add(LiveUpdate update) {
      if (update.update() < last) {
        // Trained again from a checkpoint before: what follows is drawn when it is new.
        return;
      }
      if (update.update() > last && Double.isFinite(update.trainLoss())) {
        last = update.update();
        sum += update.trainLoss();
        count++;
        if (count == each) {
          means.add(sum / count);
          sum = 0;
          count = 0;
          if (means.size() == 2 * WIDTH) {
            halve();
          }
        }
      }
    }

    private void halve() {
      for (int i = 0; i < WIDTH; i++) {
        means.set(i, (means.get(2 * i) + means.get(2 * i + 1)) / 2);
      }
      means.subList(WIDTH, means.size()).clear();
      each *= 2;
    }

    String text() {
      if (means.size() < 2) {
        return "";
      }
      double least = means.stream().mapToDouble(Double::doubleValue).min().orElse(0);
      double greatest = means.stream().mapToDouble(Double::doubleValue).max().orElse(0);
      int shown = Math.min(WIDTH, means.size());
      var text = new StringBuilder();
      for (int i = 0; i < shown; i++) {
        double value = means.get(i * means.size() / shown);
        double place = greatest > least ? (value - least) / (greatest - least) : 0;
        text.append(HEIGHTS.charAt((int) Math.round(place * (HEIGHTS.length() - 1))));
      }
      return text.toString();
    }
  }

  void see(Moment moment) {
    moment
        .latest()
        .forEach(
            update -> curves.computeIfAbsent(update.branch(), branch -> new Curve()).add(update));
  }

  /** From the first losses seen to the newest; empty while there are fewer than two. */
  String of(BranchId branch) {
    Curve curve = curves.get(branch);
    return curve == null ? "" : curve.text();
  }
}
