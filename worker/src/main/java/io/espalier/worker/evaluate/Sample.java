package io.espalier.worker.evaluate;

/**
 * A generated answer to be read by people.
 *
 * @param set whose question it is
 * @param prompt text of the question as the model saw it
 * @param reference the expected answer
 */
public record Sample(String set, String prompt, String reference, String answer) {}
