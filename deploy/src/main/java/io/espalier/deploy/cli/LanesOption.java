package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.worker.node.DeviceName;
import io.espalier.worker.node.LaneSlots;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How many trials are trained at a time. */
final class LanesOption {
  private static final String AUTO = "auto";

  @Option(
      names = "--lanes",
      paramLabel = "N",
      description = "Threads that train (default: one for each core; one on a GPU).")
  private Optional<Integer> lanes = Optional.empty();

  @Option(
      names = "--slots",
      paramLabel = "N",
      description =
          "Trials that each of them trains together, in one pass over the model (default:"
              + " ${DEFAULT-VALUE}, as many as make it faster).")
  private String slots = AUTO;

  int lanes(DeviceName device) {
    int wished =
        lanes.orElseGet(
            () -> device.equals(DeviceName.CPU) ? Runtime.getRuntime().availableProcessors() : 1);
    if (wished < 1) {
      throw new UserError("--lanes is %d; at least 1 thread must train".formatted(wished));
    }
    return wished;
  }

  LaneSlots slots(DeviceName device) {
    if (slots.equals(AUTO)) {
      return device.equals(DeviceName.CPU) ? LaneSlots.CPU : LaneSlots.GPU;
    }
    if (!slots.matches("[1-9]\\d{0,3}")) {
      throw new UserError(
          "--slots is '%s'; give how many trials are trained together, from 1, or %s"
              .formatted(slots, AUTO));
    }
    return LaneSlots.of(Integer.parseInt(slots));
  }
}
