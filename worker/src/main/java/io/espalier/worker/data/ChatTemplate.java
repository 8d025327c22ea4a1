package io.espalier.worker.data;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import com.hubspot.jinjava.tree.Node;
import io.espalier.common.UserError;
import java.util.HashMap;
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
    jinjava.registerFunction(
        new ELFunctionDefinition(
            "", "raise_exception", ChatTemplate.class, "raiseException", String.class));
    JinjavaInterpreter interpreter = jinjava.newInterpreter();
    parsed = interpreter.parse(forJinjava(template));
    refuseErrors(interpreter);
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
    } finally {
      JinjavaInterpreter.popCurrent();
    }
  }

  /** What templates call to refuse a dialogue. */
  public static String raiseException(String message) {
    throw new Refusal(message);
  }

  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refusal(String message) {
      super(message);
    }
  }

  private void refuseErrors(JinjavaInterpreter interpreter) {
    String errors =
        interpreter.getErrorsCopy().stream()
            .filter(error -> error.getSeverity() == TemplateError.ErrorType.FATAL)
            .map(error -> "line %d: %s".formatted(error.getLineno(), reason(error)))
            .collect(Collectors.joining("; "));
    if (!errors.isEmpty()) {
      throw new UserError(
          "the chat template of %s cannot render this dialogue: %s".formatted(source, errors));
    }
  }

  /** The template's own words where it refused, else jinjava's. */
  private static String reason(TemplateError error) {
    for (Throwable e = error.getException(); e != null; e = e.getCause()) {
      if (e instanceof Refusal refusal) {
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
    return Map.of("role", message.role().word(), "content", message.content());
  }
}
