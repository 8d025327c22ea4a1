package io.espalier.deploy.cli;

import io.espalier.coordinator.report.SweepView;
import io.espalier.deploy.client.CoordinatorClient;
import io.espalier.deploy.client.SweepEvents;
import io.espalier.deploy.progress.Moment;
import io.espalier.deploy.progress.ProgressScreen;
import io.espalier.deploy.progress.Terminal;
import java.time.Clock;
import java.util.Optional;

/** Shows the progress of a coordinator's sweep, also past a restart of the coordinator. */
record Following(Console console, CoordinatorClient client, boolean plain) {
  private static final long REDRAW_MILLIS = 500;

  /**
   * Returns how the sweep ended; empty when Ctrl-C ended the watching, which does not touch the
   * sweep.
   *
   * @throws io.espalier.common.UserError when there is no such sweep
   */
  Optional<SweepView> until(String sweep) {
    Clock clock = Clock.systemUTC();
    ProgressScreen screen =
        new ProgressScreen(console.out(), plain ? Terminal.none() : console.terminal());
    SweepView view = client.sweep(sweep);
    boolean connected = true;
    try (Interrupts interrupts = Interrupts.listen();
        SweepEvents events = client.events(sweep)) {
      while (!view.state().ended()) {
        screen.show(new Moment(view, events.live(), clock.instant()));
        if (interrupts.next(REDRAW_MILLIS)) {
          screen.close();
          return Optional.empty();
        }
        events
            .refusal()
            .ifPresent(
                refused -> {
                  throw refused;
                });
        if (connected != events.connected()) {
          connected = events.connected();
          screen.close();
          console.err().println(connected ? "Connected again." : lost());
        }
        view = events.view().orElse(view);
      }
      screen.show(new Moment(view, events.live(), clock.instant()));
    }
    screen.close();
    return Optional.of(view);
  }

  private String lost() {
    return "The coordinator at %s is not heard; trying again until it is. Training goes on without it."
        .formatted(client.url());
  }

  /** Watches to the end and tells it; returns the exit code. */
  int tell(String sweep, String flags) {
    Optional<SweepView> end = until(sweep);
    if (end.isEmpty()) {
      console
          .err()
          .printf(
              "The sweep goes on. Watch it: %s watch %s%s; end it: %s stop %s%s%n",
              Console.command(), sweep, flags, Console.command(), sweep, flags);
      return CommandLineInterface.INTERRUPTED;
    }
    return Ending.atCoordinator(console, end.get(), flags).tell(false);
  }
}
