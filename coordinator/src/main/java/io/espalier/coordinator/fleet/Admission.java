package io.espalier.coordinator.fleet;

import io.espalier.common.protocol.ClusterSettings;
import io.espalier.common.protocol.ProtocolVersion;
import io.espalier.common.protocol.ToCoordinator;
import java.util.List;
import java.util.Optional;

/**
 * Which workers may take part.
 *
 * @param settings of this node
 */
record Admission(ClusterSettings settings) {

  /** Why a worker must not take part, naming it and what to do; empty when it may. */
  Optional<String> refusal(ToCoordinator.Register register) {
    if (register.protocolVersion() != ProtocolVersion.CURRENT) {
      return Optional.of(
          "worker %s speaks protocol %d, this coordinator %d: install the same version of Espalier on both"
              .formatted(register.worker(), register.protocolVersion(), ProtocolVersion.CURRENT));
    }
    List<String> differences = register.settings().map(settings::differences).orElse(List.of());
    return differences.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "worker %s has other cluster settings than its coordinator (%s): give all nodes the same"
                .formatted(register.worker(), String.join("; ", differences)));
  }
}
