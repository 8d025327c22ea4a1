package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.worker.generate.Generator;
import io.espalier.worker.generate.Sampling;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    description = {
      "Answers one prompt with a model, alone or with an adapter that a trial has trained. The answer"
          + " goes to standard output."
    })
final class GenerateCommand implements Callable<Integer> {
  private final Console console;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "HuggingFace directory of the base model, or of one trained whole.")
  private Path model = Path.of("");

  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      description = "Adapter in PEFT's layout, such as a trial's adapter directory.")
  private Optional<Path> adapter = Optional.empty();

  @Option(names = "--prompt", required = true, paramLabel = "TEXT", description = "What is asked.")
  private String prompt = "";

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "System message before it (default: the chat template's own, if any).")
  private Optional<String> system = Optional.empty();

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      defaultValue = "256",
      description = "Where an answer is cut off (default: ${DEFAULT-VALUE}).")
  private int maxNewTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "0",
      description =
          "0 takes the likeliest token each time; 1 draws as the model has it"
              + " (default: ${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description =
          "Draw among the likeliest tokens that have this share of the probability"
              + " (default: ${DEFAULT-VALUE}).")
  private double topP;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "42",
      description = "The same seed draws the same answer (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--stream", description = "Print the answer as it is made.")
  private boolean stream;

  @Option(names = "--raw", description = "Continue the prompt as it is, without a chat template.")
  private boolean raw;

  @Mixin private final DeviceOption devices = new DeviceOption();

  GenerateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    check();
    try (Generator generator = Generator.open(model, adapter, devices.device().device())) {
      int[] tokens = raw ? generator.text(prompt) : generator.dialogue(system, prompt);
      PrintStream out = console.out();
      Generator.Answer answer =
          generator.answer(
              tokens, new Sampling(temperature, topP, seed), maxNewTokens, this::streamed);
      out.print(stream ? "" : answer.text());
      out.println();
      if (answer.cutOff()) {
        console.err().printf("(cut off after %d tokens)%n", answer.tokens());
      }
    }
    return CommandLineInterface.OK;
  }

  private void streamed(String piece) {
    if (stream) {
      console.out().print(piece);
      console.out().flush();
    }
  }

  private void check() {
    require(!prompt.isBlank(), "--prompt is empty; expected a text to answer");
    require(
        !(raw && system.isPresent()),
        "--system has no place in a --raw prompt; write it into the prompt, or leave --raw out");
    require(
        maxNewTokens >= 1,
        "--max-new-tokens is %d; expected a whole number from 1 up".formatted(maxNewTokens));
    require(
        temperature >= 0 && temperature < Double.POSITIVE_INFINITY,
        "--temperature is %s; expected a number from 0 up".formatted(temperature));
    require(
        topP > 0 && topP <= 1,
        "--top-p is %s; expected a number above 0 and at most 1".formatted(topP));
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new UserError(problem);
    }
  }
}
