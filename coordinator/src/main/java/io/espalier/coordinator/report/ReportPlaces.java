package io.espalier.coordinator.report;

import java.util.Optional;

/**
 * What the commands in a report name.
 *
 * @param command how espalier is called
 * @param model directory of the base model
 * @param adapter directory of the best trial's adapter, when this machine has it
 */
public record ReportPlaces(String command, Optional<String> model, Optional<String> adapter) {}
