package io.espalier.common.spec;

/**
 * What all trials of a sweep have in common, as workers receive it.
 *
 * @param model absolute path of the base model's directory, or its name
 */
public record TaskSettings(
    String model, DatasetSpec dataset, EvaluationSpec evaluation, GuardSpec guard) {}
