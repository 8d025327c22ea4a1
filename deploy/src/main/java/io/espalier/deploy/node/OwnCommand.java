package io.espalier.deploy.node;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How to start this program once more: the same Java with the same options and classes. */
public final class OwnCommand {
  /** By name, because it is above all packages. */
  private static final String MAIN = "io.espalier.deploy.Main";

  private OwnCommand() {}

  /**
   * @param arguments of the program
   */
  public static List<String> with(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(MAIN);
    command.addAll(arguments);
    return List.copyOf(command);
  }
}
