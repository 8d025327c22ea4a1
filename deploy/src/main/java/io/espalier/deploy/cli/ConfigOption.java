package io.espalier.deploy.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import io.espalier.common.UserError;
import io.espalier.common.spec.NearestWord;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * A command's options from a HOCON file: its section is named as the command, its keys as the long
 * options. What the command line says counts more.
 */
final class ConfigOption {
  private static final Set<String> SECTIONS = Set.of("coordinator", "worker");
  private static final Set<String> ELSEWHERE = Set.of("--config", "--help", "--version");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = {
        "File of options: sections 'coordinator' and 'worker', keys named as the options here"
            + " (worker { lanes = 4 }). Options given here count more."
      })
  private Optional<Path> file = Optional.empty();

  private Optional<CommandSpec> command = Optional.empty();

  @Spec(Spec.Target.MIXEE)
  void of(CommandSpec mixee) {
    command = Optional.of(mixee);
  }

  /**
   * Sets the options that the file names and the command line does not.
   *
   * @param fresh another instance of the command, to read values with
   * @throws UserError naming file, line and key of what is wrong
   */
  void fill(Object fresh) {
    if (file.isPresent() && command.isPresent()) {
      read(file.get(), command.get(), new CommandLine(fresh));
    }
  }

  private static void read(Path file, CommandSpec command, CommandLine reader) {
    Config config = parse(file);
    for (Map.Entry<String, ConfigValue> section : config.root().entrySet()) {
      if (!SECTIONS.contains(section.getKey())) {
        throw unknown(section.getValue(), section.getKey(), "section", SECTIONS);
      }
      if (!(section.getValue() instanceof ConfigObject keys)) {
        throw at(section.getValue(), "%s is a section: write %<s { … }", section.getKey());
      }
      if (section.getKey().equals(command.name())) {
        keys.forEach((key, value) -> set(command, reader, key, value));
      }
    }
  }

  private static Config parse(Path file) {
    try {
      return ConfigFactory.parseFile(
              file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false))
          .resolve();
    } catch (ConfigException e) {
      throw new UserError("--config: %s".formatted(e.getMessage()), e);
    }
  }

  private static void set(CommandSpec command, CommandLine reader, String key, ConfigValue value) {
    OptionSpec option = command.findOption("--" + key);
    if (option == null || ELSEWHERE.contains("--" + key)) {
      throw unknown(value, command.name() + "." + key, "key", keys(command));
    }
    if (command.commandLine().getParseResult().hasMatchedOption(option)) {
      return;
    }
    List<String> arguments =
        texts(value, command.name() + "." + key).stream()
            .map(text -> option.longestName() + "=" + text)
            .toList();
    try {
      reader.parseArgs(arguments.toArray(String[]::new));
    } catch (CommandLine.ParameterException e) {
      throw at(value, "%s: %s", command.name() + "." + key, String.valueOf(e.getMessage()));
    }
    option.setValue(reader.getCommandSpec().findOption(option.longestName()).getValue());
  }

  private static List<String> texts(ConfigValue value, String key) {
    Object plain = value.unwrapped();
    if (plain instanceof Map) {
      throw at(value, "%s: expected a value or a list of values", key);
    }
    return plain instanceof List<?> several
        ? several.stream().map(String::valueOf).toList()
        : List.of(String.valueOf(plain));
  }

  private static Collection<String> keys(CommandSpec command) {
    Set<String> keys = new TreeSet<>();
    for (OptionSpec option : command.options()) {
      if (!option.hidden() && !ELSEWHERE.contains(option.longestName())) {
        keys.add(option.longestName().substring(2));
      }
    }
    return keys;
  }

  private static UserError unknown(
      ConfigValue value, String key, String kind, Collection<String> known) {
    String name = key.substring(key.lastIndexOf('.') + 1);
    String hint =
        NearestWord.of(name, known)
            .map(near -> "did you mean " + near + "?")
            .orElse("there are " + String.join(", ", new TreeSet<>(known)));
    return at(value, "unknown %s %s; %s", kind, key, hint);
  }

  private static UserError at(ConfigValue value, String message, Object... parts) {
    return new UserError(
        "%s:%d: %s"
            .formatted(
                Optional.ofNullable(value.origin().filename()).orElse("--config"),
                value.origin().lineNumber(),
                message.formatted(parts)));
  }
}
