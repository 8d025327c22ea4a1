package io.espalier.coordinator.report;

import java.util.Optional;

/**
 * A generated answer as people see it.
 *
 * @param set whose question it is
 * @param prompt the question as the model saw it
 * @param reference the expected answer
 * @param before the base model's answer, where it is known
 * @param after the trial's
 */
public record AnswerView(
    String set, String prompt, String reference, Optional<String> before, String after) {}
