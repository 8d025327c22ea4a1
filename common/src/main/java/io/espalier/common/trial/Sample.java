package io.espalier.common.trial;

/**
 * A generated answer to be read by people: a line of JSON in files that workers leave in the store.
 *
 * @param set whose question it is
 * @param prompt text of the question as the model saw it
 * @param reference the expected answer
 */
public record Sample(String set, String prompt, String reference, String answer) {
  /** A trial's answers, in the directory of its adapter. */
  public static final String FILE = "answers.jsonl";

  /** The base model's answers to the same questions, in the sweep's directory. */
  public static final String BASE_FILE = "base-answers.jsonl";
}
