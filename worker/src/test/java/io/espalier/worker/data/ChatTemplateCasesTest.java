package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.UserError;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Templates with what those of Qwen, Llama and Mistral are built of. The expected texts are those
 * of Python's jinja2 3.1 set up as transformers does (trim_blocks, lstrip_blocks, loop controls, a
 * {@code tojson} that escapes no HTML, {@code generation} blocks) on 26 July 2024.
 */
class ChatTemplateCasesTest {
  static Stream<Arguments> cases() throws IOException {
    var cases = new ArrayList<Arguments>();
    for (JsonNode one : new ObjectMapper().readTree(file("expected.json").toFile())) {
      cases.add(
          Arguments.argumentSet(
              one.get("template").textValue() + ", " + one.get("dialogue").textValue(), one));
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void a_template_renders_as_in_transformers(JsonNode one) throws IOException {
    Path source = file(one.get("template").textValue());
    var template =
        new ChatTemplate(
            source.toString(),
            Files.readString(source),
            Map.of("bos_token", "<s>", "eos_token", "</s>"));
    var messages = new ArrayList<Message>();
    for (JsonNode message : one.get("messages")) {
      var role = Message.Role.valueOf(message.get("role").textValue().toUpperCase(Locale.ROOT));
      messages.add(new Message(role, message.get("content").textValue(), false));
    }
    boolean forAnswer = one.get("add_generation_prompt").booleanValue();
    if (one.has("expected")) {
      assertThat(template.render(messages, forAnswer)).isEqualTo(one.get("expected").textValue());
    } else {
      assertThatThrownBy(() -> template.render(List.copyOf(messages), forAnswer))
          .isInstanceOf(UserError.class)
          .hasMessageContaining(source.toString())
          .hasMessageEndingWith(one.get("refusal").textValue());
    }
  }

  private static Path file(String name) {
    try {
      return Path.of(
          ChatTemplateCasesTest.class.getResource("/data/chat-templates/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
