package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Expected texts are those of Python's jinja2 3.1 set up as transformers does. */
class ChatTemplateTest {
  private static final List<Message> DIALOGUE =
      List.of(Message.user(" q1 "), Message.assistant("\n\na1"), Message.user("q2"));

  @Test
  void blocks_are_trimmed_and_stripped_as_in_transformers() {
    var template =
        """
        {% for m in messages %}
            {% if m['role'] == 'user' %}
        {{ '<user>' + m['content'] + eos_token }}
            {% endif %}
        {% endfor %}
        """;
    assertThat(render(template)).isEqualTo("<user> q1 </s>\n<user>q2</s>\n");
  }

  @Test
  void messages_can_be_walked_backwards_with_state_in_a_namespace() {
    var template =
        """
        {%- set ns = namespace(searching=true, last=messages|length - 1) %}
        {%- for m in messages[::-1] %}
            {%- set index = (messages|length - 1) - loop.index0 %}
            {%- if ns.searching and m.role == "assistant" %}
                {%- set ns.searching = false %}
                {%- set ns.last = index %}
            {%- endif %}
        {%- endfor %}
        {{- ns.last }}""";
    assertThat(render(template)).isEqualTo("1");
  }

  @Test
  void texts_have_the_methods_of_pythons_strings() {
    assertThat(render("{{ messages[1].content.lstrip('\\n') }}")).isEqualTo("a1");
    assertThat(render("{{ messages[0].content.strip() }}")).isEqualTo("q1");
    assertThat(render("{{ 'xyaxy'.strip('yx') }}{{ 'ab\\n'.rstrip('\\n') }}")).isEqualTo("aab");
    assertThat(render("{{ 'a</t>b'.split('</t>')[-1] }}{{ 'a.b.'.split('.')|length }}"))
        .isEqualTo("b3");
    assertThat(render("{% if 'abc'.startswith('ab') and not 'abc'.endswith('ab') %}yes{% endif %}"))
        .isEqualTo("yes");
  }

  @Test
  void filters_bind_closer_than_operators() {
    assertThat(render("{{ '[' + messages[0].content | trim + ']' }}")).isEqualTo("[q1]");
  }

  @Test
  void loops_that_would_be_rendered_otherwise_are_refused() {
    assertThatThrownBy(
            () -> render("a\n{% for m in messages if m.role == 'user' %}{{ m.role }}{% endfor %}"))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "the chat template of test, line 2: {% for … if … %} is not read; put an if into the"
                + " loop instead");
    assertThatThrownBy(
            () ->
                render("{% for m in [] %}{% if m %}a{% else %}b{% endif %}{% else %}c{% endfor %}"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("{% for %} with {% else %} is not read");
    assertThat(render("{% for m in [1, 2] %}{% if m > 1 %}a{% else %}b{% endif %}{% endfor %}"))
        .isEqualTo("ba");
    assertThat(render("{% for m in [' if ', 2] if messages else [] %}x{% endfor %}"))
        .isEqualTo("xx");
  }

  @Test
  void a_loop_that_cannot_be_read_is_refused_with_its_line() {
    assertThatThrownBy(() -> render("a\n{% for messagein messages %}b{% endfor %}"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("the chat template of test cannot render this dialogue: line 2: ");
  }

  private static String render(String template) {
    return new ChatTemplate("test", template, Map.of("eos_token", "</s>")).render(DIALOGUE, false);
  }
}
