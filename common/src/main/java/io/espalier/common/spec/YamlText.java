package io.espalier.common.spec;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;

/** From a file's bytes to YAML nodes, each of which knows its line. Foreign input: bounded. */
final class YamlText {
  static final int LARGEST = 1 << 20;

  /** Aliases of lists and mappings: enough for a person, too few for an alias bomb. */
  private static final int MOST_ALIASES = 20;

  private YamlText() {}

  static String load(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new UserError(
            file + ": no such file; expected a sweep's specification in YAML; check the path");
      }
      if (Files.size(file) > LARGEST) {
        throw tooLarge(file.toString(), Files.size(file));
      }
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
          .toString();
    } catch (CharacterCodingException e) {
      throw new UserError(file + ": is not UTF-8 text; expected YAML; save the file as UTF-8", e);
    } catch (IOException e) {
      throw new UserError(
          "%s: cannot be read (%s); make it readable".formatted(file, e.getMessage()), e);
    }
  }

  /**
   * @throws UserError with the line where the text stops being YAML
   */
  static MappingNode compose(String text, String file) {
    if (text.length() > LARGEST) {
      throw tooLarge(file, text.length());
    }
    var settings =
        LoadSettings.builder()
            .setLabel(file)
            .setAllowNonScalarKeys(true)
            .setMaxAliasesForCollections(MOST_ALIASES)
            .build();
    String body = text.startsWith("\uFEFF") ? text.substring(1) : text;
    try {
      var root = new Compose(settings).composeString(body);
      if (root.isPresent() && root.get() instanceof MappingNode mapping) {
        return mapping;
      }
      throw new UserError(
          file
              + ":1: holds no keys; expected a specification with at least model, dataset and"
              + " search; see examples/");
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().or(e::getContextMark).map(m -> m.getLine() + 1).orElse(1);
      throw new UserError(
          "%s:%d: is not YAML: %s; correct this line or the one above it"
              .formatted(file, line, Problems.quote(e.getProblem())),
          e);
    } catch (ReaderException e) {
      long line = body.codePoints().limit(e.getPosition()).filter(c -> c == '\n').count() + 1;
      throw new UserError(
          "%s:%d: holds the control character U+%04X; expected text; remove it"
              .formatted(file, line, e.getCodePoint()),
          e);
    } catch (StackOverflowError e) {
      throw new UserError(
          file + ": is nested too deeply; a specification nests four deep; close the brackets", e);
    } catch (YamlEngineException e) {
      throw new UserError(
          "%s: is not YAML: %s; correct the file"
              .formatted(file, Problems.quote(String.valueOf(e.getMessage()))),
          e);
    }
  }

  private static UserError tooLarge(String file, long size) {
    return new UserError(
        String.format(
            Locale.ROOT,
            "%s: has %,d bytes; expected at most %,d; a specification names its data, it does not"
                + " hold it",
            file,
            size,
            LARGEST));
  }
}
