package io.espalier.worker.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.trial.Training;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.memory.HostMemory;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.DurableFiles;
import io.espalier.worker.model.Libtorch;
import io.espalier.worker.model.Processor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What processes of one user have measured of packs: the same model on the same kind of device is
 * measured once a day. A file is only ever read by what would have measured the very same.
 */
public final class KeptSpeeds {
  private static final Logger log = LoggerFactory.getLogger(KeptSpeeds.class);

  /** What disturbed a measurement is gone the next day. */
  private static final Duration FRESH = Duration.ofDays(1);

  private static final ObjectMapper JSON = new ObjectMapper().findAndRegisterModules();

  private final Optional<Path> directory;
  private final Clock clock;

  /**
   * @param directory is made when needed; absent to keep nothing
   */
  KeptSpeeds(Optional<Path> directory, Clock clock) {
    this.directory = directory;
    this.clock = clock;
  }

  /** Those below the directory that the launcher names; none without it. */
  public static KeptSpeeds ofUser() {
    return new KeptSpeeds(
        Optional.ofNullable(System.getenv("ESPALIER_CACHE")).map(cache -> Path.of(cache, "speeds")),
        Clock.systemUTC());
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
    if (directory.isEmpty()) {
      return PackSpeed.measure(model, data, training, most, budget);
    }
    Key key = Key.of(model, data, training, most);
    String name = UUID.nameUUIDFromBytes(text(key).getBytes(StandardCharsets.UTF_8)) + ".json";
    Path file = directory.get().resolve(name);
    Optional<Kept> kept = read(file).filter(one -> one.key().equals(key) && isFresh(one));
    if (kept.isPresent()) {
      return new PackSpeed(
          kept.get().timings(),
          kept.get().end(),
          PackSpeed.resident(model, new HostMemory()),
          Trainable.bytesOfSlot(model, training));
    }
    PackSpeed speed = PackSpeed.measure(model, data, training, most, budget);
    write(file, new Kept(key, clock.instant(), speed.timings(), speed.end()));
    return speed;
  }

  private boolean isFresh(Kept kept) {
    Duration age = Duration.between(kept.measured(), clock.instant());
    return !age.isNegative() && age.compareTo(FRESH) < 0 && !kept.timings().isEmpty();
  }

  private static Optional<Kept> read(Path file) {
    try {
      return Files.exists(file)
          ? Optional.of(JSON.readValue(file.toFile(), Kept.class))
          : Optional.empty();
    } catch (IOException e) {
      log.warn("{} cannot be read; it is measured anew: {}", file, e.toString());
      return Optional.empty();
    }
  }

  private static void write(Path file, Kept kept) {
    try {
      Files.createDirectories(file.resolveSibling("."));
      DurableFiles.write(file, text(kept));
    } catch (IOException e) {
      log.warn("{} cannot be written; the next process measures it too: {}", file, e.toString());
    }
  }

  private static String text(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
