package io.espalier.worker.data;

import java.util.List;

/**
 * A row to be answered by generation.
 *
 * @param promptIds the tokens up to where the assistant's answer begins
 * @param reference the expected answer
 * @param keywords what a right answer holds: the values {@code replace} put into the reference;
 *     empty when the answer must match exactly
 */
public record Question(int[] promptIds, String reference, List<String> keywords) {
  public Question {
    keywords = List.copyOf(keywords);
  }
}
