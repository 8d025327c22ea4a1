package io.espalier.worker.train;

import io.espalier.common.trial.Training;
import io.espalier.worker.cache.UserCache;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.memory.DeviceMemory;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Libtorch;
import io.espalier.worker.model.Processor;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What processes of one user have measured of packs: the same model on the same kind of device is
 * measured once a day. A file is only ever read by what would have measured the very same.
 */
public final class KeptSpeeds {
  /** What disturbed a measurement is gone the next day. */
  private static final Duration FRESH = Duration.ofDays(1);

  private final UserCache cache;
  private final Clock clock;

  KeptSpeeds(UserCache cache, Clock clock) {
    this.cache = cache;
    this.clock = clock;
  }

  public static KeptSpeeds ofUser() {
    return new KeptSpeeds(UserCache.of("speeds"), Clock.systemUTC());
  }

  /** All that a measurement depends on. */
  private record Key(
      String model,
      String device,
      String instructions,
      boolean oneDnn,
      int cores,
      String libtorch,
      Optional<Training.TorchDtype> dtype,
      int rank,
      boolean dropout,
      boolean dora,
      boolean computesTwice,
      int most,
      int rows,
      int tokens) {
    static Key of(BaseModel model, TokenizedDataset data, Training training, int most) {
      Processor processor = Processor.current();
      int rows = PackSpeed.rows(data, training);
      return new Key(
          data.summary().modelSha256(),
          model.device().isGpu() ? model.device().toString() : processor.name(),
          processor.instructionSet(),
          processor.oneDnn(),
          Runtime.getRuntime().availableProcessors(),
          Libtorch.version(),
          training.torchDtype(),
          training.lora().rank(),
          training.lora().dropout() > 0,
          training.lora().dora(),
          training.gradientCheckpointing(),
          most,
          rows,
          data.train().subList(0, rows).stream().mapToInt(row -> row.length()).max().orElse(0));
    }
  }

  /** What a file holds. */
  private record Kept(
      Key key, Instant measured, List<PackSpeed.Timing> timings, PackSpeed.End end) {}

  /** As {@link PackSpeed#measure(BaseModel, TokenizedDataset, Training, int, Duration)}. */
  public PackSpeed measure(
      BaseModel model, TokenizedDataset data, Training training, int most, Duration budget) {
    if (cache.keepsNothing()) {
      return PackSpeed.measure(model, data, training, most, budget);
    }
    Key key = Key.of(model, data, training, most);
    String name = UserCache.text(key);
    Optional<Kept> kept =
        cache.read(name, Kept.class).filter(one -> one.key().equals(key) && isFresh(one));
    if (kept.isPresent()) {
      return new PackSpeed(
          kept.get().timings(),
          kept.get().end(),
          PackSpeed.resident(DeviceMemory.of(model.device())),
          Trainable.bytesOfSlot(model, training));
    }
    PackSpeed speed = PackSpeed.measure(model, data, training, most, budget);
    cache.write(name, new Kept(key, clock.instant(), speed.timings(), speed.end()));
    return speed;
  }

  private boolean isFresh(Kept kept) {
    Duration age = Duration.between(kept.measured(), clock.instant());
    return !age.isNegative() && age.compareTo(FRESH) < 0 && !kept.timings().isEmpty();
  }
}
