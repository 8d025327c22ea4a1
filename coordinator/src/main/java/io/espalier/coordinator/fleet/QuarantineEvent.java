package io.espalier.coordinator.fleet;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.espalier.coordinator.sweep.Journaled;
import java.time.Instant;
import java.util.Optional;

/** What is held against a place, as it stands in the journal. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
  @JsonSubTypes.Type(value = QuarantineEvent.Held.class, name = "held"),
  @JsonSubTypes.Type(value = QuarantineEvent.Forgotten.class, name = "forgotten"),
  @JsonSubTypes.Type(value = QuarantineEvent.Released.class, name = "released")
})
public sealed interface QuarantineEvent extends Journaled {
  String place();

  /** This, instead of what was held against it before. */
  record Held(String place, Quarantine.Standing standing) implements QuarantineEvent {}

  /** Nothing any more. */
  record Forgotten(String place) implements QuarantineEvent {}

  /**
   * A person said that it is mended.
   *
   * @param by whose word it was, where it is known
   */
  record Released(String place, Optional<String> by, Instant time) implements QuarantineEvent {}
}
