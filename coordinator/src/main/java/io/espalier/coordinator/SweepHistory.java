package io.espalier.coordinator;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.metrics.SweepSource;
import io.espalier.coordinator.report.ViewJson;
import io.espalier.coordinator.sweep.SweepActor;
import io.espalier.coordinator.sweep.SweepEvent;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.jdbc.query.javadsl.JdbcReadJournal;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.stream.javadsl.Sink;

/** What the journal says of a sweep, event by event. */
record SweepHistory(ActorSystem<?> system) {
  private static final Map<Class<?>, String> NAMES =
      Arrays.stream(SweepEvent.class.getAnnotation(JsonSubTypes.class).value())
          .collect(Collectors.toMap(JsonSubTypes.Type::value, JsonSubTypes.Type::name));

  /** Oldest first; empty of one that was never submitted. */
  CompletionStage<List<SweepSource.Event>> of(SweepId sweep) {
    return PersistenceQuery.get(system)
        .getReadJournalFor(JdbcReadJournal.class, JdbcReadJournal.Identifier())
        .currentEventsByPersistenceId(SweepActor.journalOf(sweep), 0, Long.MAX_VALUE)
        .filter(stored -> stored.event() instanceof SweepEvent)
        .map(SweepHistory::event)
        .runWith(Sink.seq(), system);
  }

  private static SweepSource.Event event(EventEnvelope stored) {
    var event = (SweepEvent) stored.event();
    return new SweepSource.Event(
        stored.sequenceNr(),
        Instant.ofEpochMilli(stored.timestamp()),
        NAMES.getOrDefault(event.getClass(), event.getClass().getSimpleName()),
        trial(event),
        ViewJson.line(event));
  }

  private static OptionalInt trial(SweepEvent event) {
    if (event instanceof SweepEvent.TrialEnded ended) {
      return number(ended.result().trial());
    } else if (event instanceof SweepEvent.TrialStopRequested stop) {
      return number(stop.trial());
    } else if (event instanceof SweepEvent.Rated rated) {
      return number(rated.trial());
    } else if (event instanceof SweepEvent.EndDropped dropped) {
      return number(dropped.trial());
    }
    return OptionalInt.empty();
  }

  private static OptionalInt number(TrialId trial) {
    return OptionalInt.of(trial.number());
  }
}
