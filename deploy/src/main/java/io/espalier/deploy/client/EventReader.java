package io.espalier.deploy.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.Optional;

/**
 * Reads server-sent events, as far as a coordinator sends them: {@code event} and {@code data}
 * lines. Not thread-safe.
 */
final class EventReader {
  private final BufferedReader lines;

  EventReader(BufferedReader lines) {
    this.lines = lines;
  }

  /** One event; its name is {@code message} where none was sent. */
  record Event(String name, String text) {}

  /**
   * Waits for the next event; {@code alive} runs at every line, comments too.
   *
   * @return empty when the stream has ended; an event cut off by that is dropped
   */
  Optional<Event> next(Runnable alive) throws IOException {
    String name = "message";
    StringBuilder text = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      alive.run();
      if (line.isEmpty() && text.length() > 0) {
        return Optional.of(new Event(name, text.substring(1)));
      }
      if (line.isEmpty()) {
        name = "message";
      } else if (line.startsWith("event:")) {
        name = value(line);
      } else if (line.startsWith("data:")) {
        text.append('\n').append(value(line));
      }
    }
    return Optional.empty();
  }

  /** What stands behind the colon and, if there is one, a blank. */
  private static String value(String line) {
    String value = line.substring(line.indexOf(':') + 1);
    return value.startsWith(" ") ? value.substring(1) : value;
  }
}
