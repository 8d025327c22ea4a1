package io.espalier.deploy.cli;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations as HOCON has them: {@code 20s}, {@code 500ms}. */
final class DurationText implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String text) {
    try {
      Duration duration =
          ConfigFactory.empty()
              .withValue("duration", ConfigValueFactory.fromAnyRef(text))
              .getDuration("duration");
      if (!duration.isZero() && !duration.isNegative()) {
        return duration;
      }
    } catch (ConfigException e) {
      throw new TypeConversionException(expected(text));
    }
    throw new TypeConversionException(expected(text));
  }

  /** The same, or {@code 0}. */
  static final class OrNever implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      return text.strip().equals("0") ? Duration.ZERO : new DurationText().convert(text);
    }
  }

  private static String expected(String text) {
    return "'%s' is no duration; expected one like 20s or 500ms".formatted(text);
  }
}
