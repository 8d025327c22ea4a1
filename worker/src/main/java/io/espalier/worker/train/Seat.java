package io.espalier.worker.train;

import io.espalier.common.trial.Training;
import java.util.List;

/** What a slot of a pack begins with: numbers on the host, or in a pack on the same device. */
public sealed interface Seat permits Slot, Seat.Taken {
  Kind kind();

  /** Updates applied so far. */
  long steps();

  /**
   * What is trained in a slot, and how.
   *
   * @param trainable what its numbers are
   */
  record Kind(Training training, Trainable trainable) {
    /** Whether both can be in one pack: it has one kind of optimizer, one dropout, and so on. */
    boolean fits(Kind other) {
      return common(training).equals(common(other.training))
          && trainable.sharesPackWith(other.trainable);
    }

    private static List<Object> common(Training training) {
      return List.of(
          training.optimizer().getClass(),
          training.labelSmoothing(),
          training.lora().dropout(),
          training.torchDtype(),
          training.gradientCheckpointing());
    }
  }

  /**
   * A slot of another pack as it stands between two updates; what it accumulated since is left out.
   *
   * @param pack is open until the new one is composed
   */
  record Taken(Pack pack, int slot) implements Seat {
    @Override
    public Kind kind() {
      return pack.kind(slot);
    }

    @Override
    public long steps() {
      return pack.steps(slot);
    }
  }
}
