package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "budget",
    mixinStandardHelpOptions = true,
    description = {
      "Changes what a sweep at a coordinator may use. Of a sweep that was stopped for its budget, retry"
          + " trains what is left."
    })
final class BudgetCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final UrlOption url = new UrlOption();
  @Mixin private final BudgetOptions budget = new BudgetOptions();

  @Parameters(paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  BudgetCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (budget.isNone()) {
      throw new UserError("There is nothing to change: give --max-device-hours or --max-trials.");
    }
    budget.apply(url.client(), sweep);
    console.out().printf("the budget of %s is changed%n", sweep);
    return CommandLineInterface.OK;
  }
}
