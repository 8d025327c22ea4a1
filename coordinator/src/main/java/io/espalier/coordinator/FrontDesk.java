package io.espalier.coordinator;

import io.espalier.common.UserError;
import io.espalier.coordinator.api.Desk;
import io.espalier.coordinator.journal.Journal;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.DispatcherSelector;

/** Answers while this coordinator is active, else sends on to the one that the journal names. */
record FrontDesk(Node node, Journal journal) implements Desk {
  private static final String NOBODY =
      "No coordinator is active at present; another takes over within half a minute. Try again.";

  @Override
  public CompletionStage<Answering> now() {
    Optional<Active> active = node.current();
    if (active.isPresent()) {
      return CompletableFuture.completedStage(new Here(active.get().service()));
    }
    return CompletableFuture.supplyAsync(
        this::elsewhere, node.system().dispatchers().lookup(DispatcherSelector.blocking()));
  }

  private Answering elsewhere() {
    try {
      // Its own name may stand there from an earlier life.
      return journal
          .active()
          .filter(url -> !Optional.of(url).equals(node.url()))
          .<Answering>map(There::new)
          .orElse(new Nobody(NOBODY));
    } catch (UserError unreachable) {
      return new Nobody(String.valueOf(unreachable.getMessage()));
    }
  }
}
