package io.espalier.worker.train;

import io.espalier.common.trial.Training;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.memory.DeviceMemory;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Libtorch;
import io.espalier.worker.model.OutOfMemory;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.IntConsumer;

/**
 * What lanes take that make their largest updates beside each other, of a GPU of its memory.
 *
 * @param before bytes that are resident in a process that has begun to compute, whatever it does
 * @param bytes most beyond those, ≥ 0
 */
public record LanesMemory(long before, long bytes) {
  /**
   * Trains fresh adapters on the data's longest rows, each lane on a thread of its own: libtorch
   * keeps buffers for each, and what freed ones leave between them fits the next or does not.
   *
   * @param slots of each lane, each ≥ 1
   * @param rows of each slot's pass, ≥ 1
   * @param budget after which no update is begun, but that each lane makes one
   * @return empty where the system does not tell, or it does not fit
   */
  public static Optional<LanesMemory> measure(
      BaseModel model,
      TokenizedDataset data,
      Training training,
      List<Integer> slots,
      int rows,
      Duration budget) {
    DeviceMemory memory = DeviceMemory.of(model.device());
    Slot slot = PackSpeed.slot(model, training);
    List<TokenRow> descending =
        data.train().stream().sorted(Comparator.comparingInt(TokenRow::length).reversed()).toList();
    List<TokenRow> longest = descending.subList(0, Math.min(rows, descending.size()));
    MicroBatch smallest =
        PackSpeed.batch(descending.subList(descending.size() - 1, descending.size()), 1);
    IntConsumer train =
        taken -> {
          MicroBatch largest = PackSpeed.batch(longest, taken);
          Libtorch.prepareThread();
          PackSpeed.seconds(Pack::new, model, slot, taken, largest, 0, budget.toNanos() * 1e-9);
        };
    try {
      // The first pass of a process loads code, which is no lane's.
      PackSpeed.seconds(Pack::new, model, slot, 1, smallest, 0, 0);
      long before = PackSpeed.resident(memory);
      if (before == 0) {
        return Optional.empty();
      }
      CompletableFuture.allOf(
              slots.stream()
                  .map(
                      taken ->
                          CompletableFuture.runAsync(
                              () -> train.accept(taken), lane -> new Thread(lane).start()))
                  .toArray(CompletableFuture[]::new))
          .join();
      return Optional.of(new LanesMemory(before, Math.max(0, memory.peak() - before)));
    } catch (RuntimeException e) {
      if (OutOfMemory.is(e)) {
        return Optional.empty();
      }
      throw e instanceof CompletionException && e.getCause() instanceof RuntimeException cause
          ? cause
          : e;
    }
  }
}
