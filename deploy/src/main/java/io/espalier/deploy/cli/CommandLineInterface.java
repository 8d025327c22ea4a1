package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** All commands, and what each way to end means for the caller. */
public final class CommandLineInterface {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int INTERRUPTED = 130;

  /** As of programs that end when they write what nobody reads any more. */
  static final int NOT_READ = 141;

  @Command(
      name = "espalier",
      versionProvider = Version.class,
      mixinStandardHelpOptions = true,
      description = "Fine-tunes a model at every point of a grid and says which point is best.",
      subcommands = HelpCommand.class,
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        "  0:done",
        "  1:a sweep failed, or something must be mended first; the message says what",
        "  2:the command line was not understood",
        "130:interrupted"
      },
      footerHeading = "%n",
      footer = "First try: espalier run examples/self-cognition.yaml")
  private static final class Espalier {}

  private final PrintStream out;
  private final PrintStream err;

  public CommandLineInterface(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** Runs one command and returns the process's exit code. */
  public int run(String... arguments) {
    Console console = new Console(out, err);
    CommandLine commandLine =
        new CommandLine(new Espalier())
            .addSubcommand(new RunCommand(console))
            .addSubcommand(new CoordinatorCommand(console))
            .addSubcommand(new WorkerCommand(console))
            .addSubcommand(new PlanCommand(console))
            .addSubcommand(new ListCommand(console))
            .addSubcommand(new ShowCommand(console))
            .addSubcommand(new ReportCommand(console))
            .addSubcommand(new RefineCommand(console))
            .addSubcommand(new ExtendCommand(console))
            .addSubcommand(new CloneCommand(console))
            .addSubcommand(new ReplayCommand(console))
            .addSubcommand(new LrFindCommand(console))
            .addSubcommand(new MetricsCommand(console))
            .addSubcommand(new GenerateCommand(console))
            .addSubcommand(new ExportCommand(console))
            .addSubcommand(new SubmitCommand(console))
            .addSubcommand(new WatchCommand(console))
            .addSubcommand(new RetryCommand(console))
            .addSubcommand(new RemoveCommand(console))
            .addSubcommand(new PauseCommand(console))
            .addSubcommand(new BudgetCommand(console))
            .addSubcommand(new CollectCommand(console))
            .addSubcommand(new ResumeCommand(console))
            .addSubcommand(new StopCommand(console))
            .addSubcommand(new WorkersCommand(console))
            .addSubcommand(new FetchCommand(console))
            .addSubcommand(new LogsCommand(console))
            .addSubcommand(new RateCommand(console))
            .addSubcommand(new CertsCommand(console))
            .addSubcommand(new TokenCommand(console))
            .addSubcommand(new DoctorCommand(console, Clock.systemUTC()))
            .addSubcommand(new CompletionCommand(console));
    commandLine
        .setOut(utf8(out))
        .setErr(utf8(err))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(CommandLineInterface::misunderstood)
        .setExecutionExceptionHandler((problem, command, parsed) -> failed(problem, console));
    try {
      int code = arguments.length == 0 ? usage(commandLine) : commandLine.execute(arguments);
      return code == OK && out.checkError() ? cutOff(out, console) : code;
    } catch (Error problem) {
      return failed(problem, console);
    }
  }

  /** What was to be read there is not whole. Whoever stopped reading knows it without a word. */
  private static int cutOff(PrintStream out, Console console) {
    if (out instanceof StandardStream standard && standard.isNoLongerRead()) {
      return NOT_READ;
    }
    console.complain("the output could not be written to its end: is the disk full?");
    return FAILED;
  }

  private static PrintWriter utf8(PrintStream stream) {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }

  private int usage(CommandLine commandLine) {
    commandLine.usage(err);
    return USAGE;
  }

  private static int misunderstood(CommandLine.ParameterException problem, String[] arguments) {
    CommandLine command = problem.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("espalier: " + problem.getMessage());
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(problem, err)) {
      err.println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
    }
    return USAGE;
  }

  private static int failed(Throwable problem, Console console) {
    if (problem instanceof UserError) {
      console.complain(String.valueOf(problem.getMessage()));
    } else {
      console.complain(
          "unexpected %s: %s (its trace is in %s)"
              .formatted(
                  problem.getClass().getSimpleName(),
                  problem.getMessage(),
                  console.log().record(problem)));
    }
    return FAILED;
  }
}
