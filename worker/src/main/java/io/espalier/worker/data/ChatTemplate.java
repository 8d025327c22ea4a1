package io.espalier.worker.data;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.InterpretException;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import io.espalier.common.UserError;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A model's chat template: Jinja as transformers' {@code apply_chat_template} renders it (blocks
 * trimmed and left-stripped, one trailing newline dropped). Parsed once.
 */
final class ChatTemplate {
  private static final JinjavaConfig LIKE_TRANSFORMERS =
      JinjavaConfig.newBuilder()
          .withTrimBlocks(true)
          .withLstripBlocks(true)
          // Else an expression written in a user's message would be evaluated.
          .withNestedInterpretationEnabled(false)
          .withElResolver(PythonStrings.beforeJinjava())
          .withLegacyOverrides(
              LegacyOverrides.newBuilder()
                  .withUseTrimmingForNotesAndExpressions(true)
                  .withParseWhitespaceControlStrictly(true)
                  .withUseNaturalOperatorPrecedence(true)
                  .build())
          .build();

  /**
   * An argument such as {@code last_query_index=messages|length - 1}, which jinjava reads as {@code
   * (last_query_index=messages|length) - 1}.
   */
  private static final Pattern BARE_ARGUMENT =
      Pattern.compile("(?<=[(,]|, )(\\w+)=(\\w+\\|length [-+] \\d+)(?=[,)])");

  /** Quoted texts and what stands in brackets. */
  private static final Pattern NESTED =
      Pattern.compile("'[^']*'|\"[^\"]*\"|\\([^()]*\\)|\\[[^\\[\\]]*]");

  /** A condition on a loop's elements; one with an else is a choice between two lists. */
  private static final Pattern LOOP_FILTER = Pattern.compile("\\sif\\s(?!.*\\selse\\s)");

  private final String source;
  private final Map<String, String> specialTokens;
  private final Jinjava jinjava = new Jinjava(LIKE_TRANSFORMERS);
  private final Node parsed;

  /**
   * @param source where the template was read, for errors
   * @param specialTokens variables of every rendering: {@code bos_token}, {@code eos_token}
   */
  ChatTemplate(String source, String template, Map<String, String> specialTokens) {
    this.source = source;
    this.specialTokens = Map.copyOf(specialTokens);
    TransformersJinja.extend(jinjava);
    JinjavaInterpreter interpreter = jinjava.newInterpreter();
    parsed = interpreter.parse(forJinjava(template));
    refuseErrors(interpreter);
    refuseUnread(parsed);
  }

  /**
   * The dialogue as one text.
   *
   * @param forAnswer whether it ends where the assistant's answer begins
   * @throws UserError when the template refuses the dialogue or cannot be rendered
   */
  synchronized String render(List<Message> messages, boolean forAnswer) {
    var variables = new HashMap<String, Object>(specialTokens);
    variables.put("messages", messages.stream().map(ChatTemplate::asMap).toList());
    variables.put("add_generation_prompt", forAnswer);
    var interpreter =
        new JinjavaInterpreter(
            jinjava, new Context(jinjava.getGlobalContext(), variables), LIKE_TRANSFORMERS);
    JinjavaInterpreter.pushCurrent(interpreter);
    try {
      String text = interpreter.render(parsed);
      refuseErrors(interpreter);
      return text;
    } catch (InterpretException e) {
      // What jinjava does not collect: a loop's syntax, which it reads when it comes to it.
      throw refusal("line %d: %s".formatted(e.getLineNumber(), e.getMessage()));
    } finally {
      JinjavaInterpreter.popCurrent();
    }
  }

  /** What jinjava would render otherwise than Jinja, without a word. */
  private void refuseUnread(Node node) {
    if (node instanceof TagNode tag && tag.getName().equals("for")) {
      boolean chosen = LOOP_FILTER.matcher(NESTED.matcher(tag.getHelpers()).replaceAll("")).find();
      boolean otherwise =
          tag.getChildren().stream()
              .anyMatch(child -> child instanceof TagNode it && it.getName().equals("else"));
      if (chosen || otherwise) {
        throw new UserError(
            "the chat template of %s, line %d: %s is not read; put an if %s the loop instead"
                .formatted(
                    source,
                    tag.getLineNumber(),
                    chosen ? "{% for … if … %}" : "{% for %} with {% else %}",
                    chosen ? "into" : "before"));
      }
    }
    node.getChildren().forEach(this::refuseUnread);
  }

  private void refuseErrors(JinjavaInterpreter interpreter) {
    String errors =
        interpreter.getErrorsCopy().stream()
            .filter(error -> error.getSeverity() == TemplateError.ErrorType.FATAL)
            .map(error -> "line %d: %s".formatted(error.getLineno(), reason(error)))
            .collect(Collectors.joining("; "));
    if (!errors.isEmpty()) {
      throw refusal(errors);
    }
  }

  private UserError refusal(String errors) {
    return new UserError(
        "the chat template of %s cannot render this dialogue: %s".formatted(source, errors));
  }

  /** The template's own words where it refused, else jinjava's. */
  private static String reason(TemplateError error) {
    for (Throwable e = error.getException(); e != null; e = e.getCause()) {
      if (e instanceof TransformersJinja.Refusal refusal) {
        return String.valueOf(refusal.getMessage());
      }
    }
    return error.getMessage();
  }

  /** Rewrites what Qwen3's template needs and jinjava cannot parse: see {@link #BARE_ARGUMENT}. */
  private static String forJinjava(String template) {
    String text = template.endsWith("\n") ? template.substring(0, template.length() - 1) : template;
    return BARE_ARGUMENT.matcher(text.replace("[::-1]", "|reverse")).replaceAll("$1=($2)");
  }

  private static Map<String, String> asMap(Message message) {
    var map = new LinkedHashMap<String, String>();
    map.put("role", message.role().word());
    map.put("content", message.content());
    return map;
  }
}
