package io.espalier.common.spec;

import com.ezylang.evalex.BaseException;
import com.ezylang.evalex.Expression;
import com.ezylang.evalex.config.ExpressionConfiguration;
import com.ezylang.evalex.config.MapBasedFunctionDictionary;
import com.ezylang.evalex.data.EvaluationValue;
import com.ezylang.evalex.functions.basic.AbsFunction;
import com.ezylang.evalex.functions.basic.Log10Function;
import com.ezylang.evalex.functions.basic.MaxFunction;
import com.ezylang.evalex.functions.basic.MinFunction;
import com.ezylang.evalex.functions.basic.SqrtFunction;
import io.espalier.common.UserError;
import io.espalier.common.trial.Training;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a point of the search must be like, written as an expression of keys of {@code training} and
 * {@code effective_batch}: {@code learning_rate * num_train_epochs <= 0.02}. Knows arithmetic,
 * comparisons, {@code &&}, {@code ||}, {@code !}, and the functions abs, log10, max, min and sqrt;
 * words stand in quotes.
 */
public record PointRule(String text) {
  /** Rows of an update: a trial's batch size times its accumulation. */
  static final String EFFECTIVE_BATCH = "effective_batch";

  /** Longer ones nobody reads; the parser descends into each parenthesis. */
  private static final int LONGEST = 500;

  /** Nothing that draws, looks at a clock or loops. */
  private static final ExpressionConfiguration LANGUAGE =
      ExpressionConfiguration.builder()
          .functionDictionary(
              MapBasedFunctionDictionary.ofFunctions(
                  Map.entry("ABS", new AbsFunction()),
                  Map.entry("LOG10", new Log10Function()),
                  Map.entry("MAX", new MaxFunction()),
                  Map.entry("MIN", new MinFunction()),
                  Map.entry("SQRT", new SqrtFunction())))
          .arraysAllowed(false)
          .structuresAllowed(false)
          .implicitMultiplicationAllowed(false)
          .singleQuoteStringLiteralsAllowed(true)
          .build();

  /** What is wrong with a text, as of the defaults of all keys; empty when it is a rule. */
  static Optional<String> problem(String text) {
    if (text.length() > LONGEST) {
      return Optional.of("is longer than %d signs".formatted(LONGEST));
    }
    try {
      List<String> known = names();
      Optional<String> unknown =
          new Expression(text, LANGUAGE)
              .getUndefinedVariables().stream().filter(name -> !known.contains(name)).findFirst();
      if (unknown.isPresent()) {
        return Optional.of(
            "%s is no key of training nor %s; %s"
                .formatted(
                    unknown.get(),
                    EFFECTIVE_BATCH,
                    NearestWord.of(unknown.get(), known)
                        .map(near -> "did you mean " + near + "?")
                        .orElse("words stand in quotes")));
      }
      EvaluationValue value = value(text, Hyperparameters.of(Map.of()).training());
      return value.isBooleanValue()
          ? Optional.empty()
          : Optional.of("is %s, neither true nor false".formatted(value.getStringValue()));
    } catch (BaseException e) {
      return Optional.of("%s at sign %d".formatted(e.getMessage(), e.getStartPosition()));
    }
  }

  private static List<String> names() {
    var names = new ArrayList<>(SpecKeys.namesIn("training"));
    names.add(EFFECTIVE_BATCH);
    return names;
  }

  /**
   * Whether a trial that trains like this is one to try.
   *
   * @throws UserError where the rule cannot be computed of it, as when it divides by zero there
   */
  public boolean holds(Training training) {
    try {
      return value(text, training).getBooleanValue();
    } catch (BaseException e) {
      throw new UserError(
          "search.constraints: %s cannot be computed of every point: %s; exclude those by &&, or write it otherwise"
              .formatted(Problems.quote(text), e.getMessage()),
          e);
    }
  }

  private static EvaluationValue value(String text, Training training) throws BaseException {
    var values = new LinkedHashMap<String, Object>();
    Hyperparameters.of(training).texts().forEach((key, value) -> values.put(key, typed(value)));
    values.put(EFFECTIVE_BATCH, BigDecimal.valueOf(training.effectiveBatch()));
    for (String name : SpecKeys.namesIn("training")) {
      // Keys that do not count, such as the momentum of an optimizer that has none.
      values.putIfAbsent(name, typed(SpecKeys.get(SpecKeys.TRAINING + name).standard().orElse("")));
    }
    return new Expression(text, LANGUAGE).withValues(values).evaluate();
  }

  private static Object typed(String value) {
    if (ValueType.Decimal.isNumber(value)) {
      return new BigDecimal(value);
    }
    return value.equals("true") || value.equals("false") ? (Object) Boolean.valueOf(value) : value;
  }
}
