package io.espalier.coordinator.sweep;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.espalier.common.protocol.WorkerId;
import java.util.Optional;

/**
 * Why an attempt came to nothing.
 *
 * @param worker who failed it; absent where that is of no account
 */
public record Loss(
    Kind kind,
    String reason,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<WorkerId> worker) {

  /** Whose fault it was: what counts against the branch. */
  public enum Kind {
    /** The worker could not train it. */
    FAILED,
    /** The worker vanished with it, perhaps because of it. */
    GONE,
    /** The worker gave it back for reasons of its own, or vanished when it had come further. */
    RETURNED
  }

  @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
  public Loss {
    // Earlier versions wrote none.
    worker = worker == null ? Optional.empty() : worker;
  }

  private Loss(Kind kind, String reason) {
    this(kind, reason, Optional.empty());
  }

  /** The same, and whose failure it was. */
  Loss of(WorkerId failing) {
    return kind == Kind.FAILED ? new Loss(kind, reason, Optional.of(failing)) : this;
  }

  /** A worker that vanishes on a branch's way forward does not vanish because of it. */
  Loss despiteProgress() {
    return kind == Kind.GONE ? returned(reason) : this;
  }

  /** Earlier versions kept the reason alone. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static Loss earlier(String reason) {
    return gone(reason);
  }

  static Loss failed(String reason) {
    return new Loss(Kind.FAILED, reason);
  }

  public static Loss gone(String reason) {
    return new Loss(Kind.GONE, reason);
  }

  public static Loss returned(String reason) {
    return new Loss(Kind.RETURNED, reason);
  }
}
