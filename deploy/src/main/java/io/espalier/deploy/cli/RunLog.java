package io.espalier.deploy.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import io.espalier.common.UserError;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run has to say beside its results: one file of the store. Only nodes that run as services
 * log to the console too; commands that only read keep no log.
 */
final class RunLog {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private final Optional<Path> file;

  private RunLog(Optional<Path> file) {
    this.file = file;
  }

  /** Silence. */
  static RunLog none() {
    context().getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.OFF);
    return new RunLog(Optional.empty());
  }

  /** Logs to {@code <store>/logs/<time>-<process>.log} from here on. */
  static RunLog open(Path store, Instant now) {
    Path file =
        store
            .resolve("logs")
            .resolve("%s-%d.log".formatted(STAMP.format(now), ProcessHandle.current().pid()));
    try {
      Files.createDirectories(store.resolve("logs"));
    } catch (IOException e) {
      throw new UserError(
          "The store %s cannot be written to: %s. Name another directory with --store."
              .formatted(store, e),
          e);
    }
    LoggerContext context = context();
    context.reset();
    FileAppender<ILoggingEvent> appender = new FileAppender<>();
    appender.setContext(context);
    appender.setFile(file.toString());
    appender.setEncoder(
        encoder("%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %-5level %logger{30} [%thread] %msg%n"));
    appender.start();
    ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.INFO);
    root.addAppender(appender);
    return new RunLog(Optional.of(file));
  }

  /** As {@link #open}, and what Espalier itself says goes to {@code err} too, without traces. */
  static RunLog openBeside(PrintStream err, Path store, Instant now) {
    RunLog log = open(store, now);
    OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
    appender.setContext(context());
    appender.setEncoder(encoder("%d{HH:mm:ss} %-5level %msg%n%nopex"));
    appender.setOutputStream(err);
    appender.start();
    context().getLogger("io.espalier").addAppender(appender);
    return log;
  }

  private static PatternLayoutEncoder encoder(String pattern) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context());
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setPattern(pattern);
    encoder.start();
    return encoder;
  }

  Optional<Path> file() {
    return file;
  }

  /** Writes the trace of a problem nobody foresaw; returns the file it is in. */
  Path record(Throwable problem) {
    if (file.isPresent()) {
      LoggerFactory.getLogger(RunLog.class).error("unexpected", problem);
      return file.get();
    }
    try {
      Path trace = Files.createTempFile("espalier-", ".log");
      try (PrintWriter writer = new PrintWriter(Files.newBufferedWriter(trace))) {
        problem.printStackTrace(writer);
      }
      return trace;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static LoggerContext context() {
    return (LoggerContext) LoggerFactory.getILoggerFactory();
  }
}
