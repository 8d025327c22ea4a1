package io.espalier.coordinator.report;

import static java.util.Objects.requireNonNull;

import io.espalier.common.protocol.WorkerId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A worker as people see it.
 *
 * @param host where it runs; like {@code device}, {@code registered} and {@code heard} absent of a
 *     worker that holds leases from before the coordinator's restart and has not come back yet
 * @param device for people: {@code cpu, 2 lanes}
 * @param slots branches it can train at a time
 * @param free branches it can be given now
 * @param holding leases given to it, as {@code <sweep>/<branch>@<attempt>}
 * @param connected whether its node is there
 * @param registered when it last did
 * @param heard when it last said anything
 * @param quarantine why it gets nothing at present, though it may have room
 */
public record WorkerView(
    WorkerId id,
    Optional<String> host,
    Optional<String> device,
    int slots,
    int free,
    List<String> holding,
    boolean connected,
    Optional<Instant> registered,
    Optional<Instant> heard,
    Optional<Quarantine> quarantine) {
  public WorkerView {
    requireNonNull(id, "id is null");
    holding = List.copyOf(holding);
    // Coordinators of earlier versions tell of none.
    quarantine = quarantine == null ? Optional.empty() : quarantine;
  }

  /**
   * @param reason for people
   * @param until when it may try again
   */
  public record Quarantine(String reason, Instant until) {}
}
