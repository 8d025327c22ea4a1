package io.espalier.common.spec;

import io.espalier.common.spec.ValueType.Text;
import io.espalier.common.trial.Scheduler;
import io.espalier.common.trial.Scheduler.Floor;
import io.espalier.common.trial.Warmup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** Schedules to and from the keys that describe them. */
final class SchedulerTexts {
  private static final String NUMBER = "([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{1,3})?";
  private static final String UPDATES = "[0-9]{1,9}";

  /** One schedule of a sequence: its type, how long, and keys of its own. */
  static final Text PHASE =
      new Text(
          "(cosine|linear|constant|constant_with_warmup|step|warmup_stable_decay)"
              + "( "
              + UPDATES
              + "| "
              + NUMBER
              + "%)?"
              + "( (warmup_ratio|warmup_start_factor|min_lr|min_lr_rate|gamma|decay_ratio)=-?"
              + NUMBER
              + "| (warmup_steps|step_size|num_decay_steps)="
              + UPDATES
              + "| decay_type=(linear|cosine|sqrt))*",
          "a schedule with its length and keys, such as \"constant 100\", \"linear 20%\" or"
              + " \"cosine min_lr_rate=0.1\"");

  private SchedulerTexts() {}

  /** The first schedule of a sequence that has none and needs one: every one but the last. */
  static Optional<String> withoutLength(String sequence) {
    List<String> phases = ValueType.Several.split(sequence);
    return phases.subList(0, phases.size() - 1).stream()
        .filter(phase -> !phase.matches("\\w+ [0-9.][^= ]*( .*)?"))
        .findFirst();
  }

  static Scheduler read(WrittenTraining written) {
    Warmup warmup =
        new Warmup(
            written.decimal("warmup_ratio"),
            positive(written.whole("warmup_steps")),
            written.decimal("warmup_start_factor"));
    Floor floor = new Floor(written.decimal("min_lr"), written.decimal("min_lr_rate"));
    return switch (written.text("lr_scheduler_type")) {
      case "constant" -> new Scheduler.Constant();
      case "constant_with_warmup" -> new Scheduler.ConstantWithWarmup(warmup);
      case "linear" -> new Scheduler.Linear(warmup, floor);
      case "step" ->
          new Scheduler.Step(warmup, written.whole("step_size"), written.decimal("gamma"));
      case "warmup_stable_decay" ->
          new Scheduler.WarmupStableDecay(
              warmup,
              positive(written.whole("num_decay_steps")),
              written.decimal("decay_ratio"),
              written.constant(Scheduler.Decay.class, "decay_type"),
              floor);
      case "sequence" -> new Scheduler.Sequence(phases(written.text("lr_sequence")));
      default -> new Scheduler.Cosine(warmup, floor);
    };
  }

  private static OptionalInt positive(int steps) {
    return steps > 0 ? OptionalInt.of(steps) : OptionalInt.empty();
  }

  private static List<Scheduler.Phase> phases(String texts) {
    var phases = new ArrayList<Scheduler.Phase>();
    for (String text : ValueType.Several.split(texts)) {
      List<String> words = List.of(text.split(" "));
      var keys = new LinkedHashMap<String, String>();
      keys.put("lr_scheduler_type", words.get(0));
      OptionalInt steps = OptionalInt.empty();
      OptionalDouble percent = OptionalDouble.empty();
      for (String word : words.subList(1, words.size())) {
        if (word.endsWith("%")) {
          percent = OptionalDouble.of(Double.parseDouble(word.substring(0, word.length() - 1)));
        } else if (word.contains("=")) {
          keys.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
        } else {
          steps = OptionalInt.of(Integer.parseInt(word));
        }
      }
      phases.add(new Scheduler.Phase(read(new WrittenTraining(keys)), steps, percent));
    }
    return phases;
  }

  static void write(Scheduler scheduler, Map<String, String> texts) {
    texts.put("lr_scheduler_type", scheduler.word());
    if (scheduler instanceof Scheduler.Sequence sequence) {
      texts.put(
          "lr_sequence",
          sequence.phases().stream().map(SchedulerTexts::text).collect(Collectors.joining(", ")));
      return;
    }
    if (!(scheduler instanceof Scheduler.Constant)) {
      write(scheduler.warmup(), texts);
    }
    if (scheduler instanceof Scheduler.Linear linear) {
      write(linear.floor(), texts);
    } else if (scheduler instanceof Scheduler.Cosine cosine) {
      write(cosine.floor(), texts);
    } else if (scheduler instanceof Scheduler.Step step) {
      texts.put("step_size", Integer.toString(step.size()));
      texts.put("gamma", Double.toString(step.gamma()));
    } else if (scheduler instanceof Scheduler.WarmupStableDecay wsd) {
      texts.put("num_decay_steps", Integer.toString(wsd.decaySteps().orElse(0)));
      texts.put("decay_ratio", Double.toString(wsd.decayRatio()));
      texts.put("decay_type", Hyperparameters.word(wsd.decay()));
      write(wsd.floor(), texts);
    }
  }

  private static void write(Warmup warmup, Map<String, String> texts) {
    texts.put("warmup_ratio", Double.toString(warmup.ratio()));
    texts.put("warmup_steps", Integer.toString(warmup.steps().orElse(0)));
    texts.put("warmup_start_factor", Double.toString(warmup.startFactor()));
  }

  private static void write(Floor floor, Map<String, String> texts) {
    texts.put("min_lr", Double.toString(floor.rate()));
    texts.put("min_lr_rate", Double.toString(floor.share()));
  }

  private static String text(Scheduler.Phase phase) {
    var keys = new LinkedHashMap<String, String>();
    write(phase.scheduler(), keys);
    var text = new StringBuilder(String.valueOf(keys.remove("lr_scheduler_type")));
    phase.steps().ifPresent(steps -> text.append(' ').append(steps));
    phase.percent().ifPresent(percent -> text.append(' ').append(percent).append('%'));
    keys.forEach((key, value) -> text.append(' ').append(key).append('=').append(value));
    return text.toString();
  }
}
