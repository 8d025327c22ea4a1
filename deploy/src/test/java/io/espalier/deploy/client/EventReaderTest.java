package io.espalier.deploy.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.deploy.client.EventReader.Event;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EventReaderTest {
  @Test
  void events_have_a_name_and_lines_of_data_and_comments_are_only_signs_of_life()
      throws IOException {
    String stream =
        """
        : here

        event: sweep
        data: {"a":
        data:1}

        data: plain

        event: cut off
        data: by the end\
        """;
    var lines = new ArrayList<Integer>();
    var reader = new EventReader(new BufferedReader(new StringReader(stream)));

    List<Event> events = new ArrayList<>();
    Optional<Event> event = reader.next(() -> lines.add(1));
    while (event.isPresent()) {
      events.add(event.get());
      event = reader.next(() -> lines.add(1));
    }

    assertThat(events)
        .containsExactly(new Event("sweep", "{\"a\":\n1}"), new Event("message", "plain"));
    assertThat(lines).hasSize(10);
  }
}
