package io.espalier.coordinator.sweep;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.espalier.common.trial.SweepId;
import java.util.Optional;

/** What happened to the list of sweeps, as it stands in the journal. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
  @JsonSubTypes.Type(value = SweepsEvent.Numbered.class, name = "numbered"),
  @JsonSubTypes.Type(value = SweepsEvent.Closed.class, name = "closed"),
  @JsonSubTypes.Type(value = SweepsEvent.Opened.class, name = "opened"),
  @JsonSubTypes.Type(value = SweepsEvent.Removed.class, name = "removed")
})
public sealed interface SweepsEvent extends Journaled {
  SweepId sweep();

  /**
   * A sweep got its number; its own journal begins after this.
   *
   * @param key which its submission bore, so that a repeat of it begins no other
   * @param attended whether it is nobody's when the coordinator that took it has ended; earlier
   *     versions did not say, which reads as false
   */
  record Numbered(SweepId sweep, Optional<String> key, boolean attended) implements SweepsEvent {}

  /** Nothing is left to do for it after a restart. */
  record Closed(SweepId sweep) implements SweepsEvent {}

  /**
   * A person wants it no more: its files and its journal go. Its number is not given again.
   *
   * @param by their name, where it is known
   */
  record Removed(SweepId sweep, @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<String> by)
      implements SweepsEvent {
    public Removed {
      // Earlier versions wrote none.
      by = by == null ? Optional.empty() : by;
    }
  }

  /**
   * There will be more to do for it.
   *
   * @param attended as of {@link Numbered}
   */
  record Opened(SweepId sweep, boolean attended) implements SweepsEvent {}
}
