package io.espalier.coordinator.pruning;

/**
 * When a rule looks, as Optuna has it: at the first report at or after each multiple.
 *
 * @param warmup nothing is looked at before it, {@code n_warmup_steps}
 * @param every {@code interval_steps}, ≥ 1
 */
record Interval(double warmup, double every) {
  boolean looksAt(Track own) {
    double at = own.last().resource();
    if (at < warmup) {
      return false;
    }
    double due = Math.floor((at - warmup) / every) * every + warmup;
    Track before = own.before();
    return before.reports().isEmpty() || before.last().resource() < due;
  }
}
