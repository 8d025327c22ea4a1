package io.espalier.coordinator.api;

import io.espalier.coordinator.api.EventRoutes.Event;
import io.espalier.coordinator.api.EventRoutes.Moment;
import io.espalier.coordinator.report.Board;
import io.espalier.coordinator.report.LiveUpdate;
import io.espalier.coordinator.report.SweepView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A sweep for the console, piece by piece: {@code board} when its head changes, {@code trials} with
 * those that are new or changed, {@code live} with the branches that did an update, {@code end}
 * when it has ended.
 */
final class BoardNews implements EventRoutes.News {
  private Optional<SweepView> view = Optional.empty();
  private Optional<Board> board = Optional.empty();
  private final Map<Integer, Board.Row> trials = new HashMap<>();
  private Set<LiveUpdate> live = Set.of();

  @Override
  public List<Event> of(Moment moment) {
    var news = new ArrayList<Event>();
    if (!view.equals(Optional.of(moment.view()))) {
      view = Optional.of(moment.view());
      Board head = Board.of(moment.view());
      if (!board.equals(Optional.of(head))) {
        board = Optional.of(head);
        news.add(new Event("board", head));
      }
      List<Board.Row> changed =
          Board.trials(moment.view()).stream()
              .filter(trial -> !trial.equals(trials.put(trial.trial(), trial)))
              .toList();
      if (!changed.isEmpty()) {
        news.add(new Event("trials", changed));
      }
    }
    List<LiveUpdate> updates =
        moment.live().stream().filter(update -> !live.contains(update)).toList();
    live = new HashSet<>(moment.live());
    if (!updates.isEmpty()) {
      news.add(new Event("live", updates));
    }
    if (moment.view().state().ended()) {
      news.add(new Event("end", moment.view().state()));
    }
    return news;
  }
}
