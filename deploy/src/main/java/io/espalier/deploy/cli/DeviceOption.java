package io.espalier.deploy.cli;

import io.espalier.worker.node.DeviceName;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The one device that a command computes on. */
final class DeviceOption {
  @Option(
      names = "--devices",
      paramLabel = "D",
      description =
          "What computes: cpu, or the number of a GPU such as 0 (default: the first GPU there is,"
              + " else cpu).")
  private Optional<String> devices = Optional.empty();

  /**
   * @throws io.espalier.common.UserError when it cannot be used, or several are named
   */
  DeviceName device() {
    return devices.map(DeviceName::single).orElseGet(DeviceName::first);
  }
}
