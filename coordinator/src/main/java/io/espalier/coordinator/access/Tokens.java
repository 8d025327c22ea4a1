package io.espalier.coordinator.access;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of tokens: on each line a name, a role and the SHA-256 of a token, so that whoever reads
 * the file cannot use it; {@code #} begins a comment. Tokens have 256 random bits, which nobody
 * finds by trying. The file is read again when it has changed: a line that is deleted is in force
 * no more.
 */
public final class Tokens {
  private static final Logger LOG = LoggerFactory.getLogger(Tokens.class);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._@-]{1,64}");
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final String PREFIX = "esp_";
  private static final int BYTES = 32;

  private final Path file;
  private FileTime seen;
  private Map<String, Caller> callers;

  private Tokens(Path file, FileTime seen, Map<String, Caller> callers) {
    this.file = file;
    this.seen = seen;
    this.callers = callers;
  }

  /**
   * @throws UserError naming file and line of what is wrong, also when it holds no token
   */
  public static Tokens in(Path file) {
    try {
      FileTime time = Files.getLastModifiedTime(file);
      Map<String, Caller> callers = read(file);
      if (callers.isEmpty()) {
        throw new UserError(
            "%s holds no token, so that nobody could ask anything; make one with: espalier token NAME --role admin --tokens %s"
                .formatted(file, file));
      }
      return new Tokens(file, time, callers);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** Whose token this is; empty when it is nobody's. */
  public synchronized Optional<Caller> caller(String token) {
    look();
    return Optional.ofNullable(callers.get(digest(token)));
  }

  /** A file that cannot be read leaves in force what was read before. */
  private void look() {
    try {
      FileTime now = Files.getLastModifiedTime(file);
      if (!now.equals(seen)) {
        seen = now;
        callers = read(file);
        LOG.info("{} was read again: {} tokens", file, callers.size());
      }
    } catch (IOException | UserError e) {
      LOG.warn("The tokens stay as they were: {}", e.getMessage());
    }
  }

  /**
   * Adds a line with a new token to a file, which is made when there is none.
   *
   * @return the token, which is nowhere else
   * @throws UserError when the name is none or there already, or the file cannot be written to
   */
  public static String add(Path file, String name, Role role) {
    if (!NAME.matcher(name).matches()) {
      throw new UserError(
          "'%s' is no name for a token; expected 1 to 64 letters, digits, dots, hyphens, underscores and @"
              .formatted(name));
    }
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    String token = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    try {
      boolean exists = Files.exists(file);
      if (exists
          && read(file).values().stream()
              .anyMatch(caller -> caller.name().equals(Optional.of(name)))) {
        throw new UserError(
            "%s has a token of %s already; delete its line first to replace it"
                .formatted(file, name));
      }
      if (!exists) {
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      }
      Files.writeString(
          file,
          "%s %s %s%n".formatted(name, role.word(), digest(token)),
          StandardOpenOption.APPEND);
      return token;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static Map<String, Caller> read(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    Map<String, Caller> callers = new HashMap<>();
    for (int number = 1; number <= lines.size(); number++) {
      String line = lines.get(number - 1).replaceFirst("#.*", "").strip();
      if (!line.isEmpty()) {
        String[] parts = line.split("\\s+");
        Optional<Role> role = parts.length == 3 ? Role.of(parts[1]) : Optional.empty();
        if (role.isEmpty()
            || !NAME.matcher(parts[0]).matches()
            || !DIGEST.matcher(parts[2]).matches()) {
          // The line itself may hold a secret that was put there by mistake.
          throw new UserError(
              "%s:%d: expected a name, a role (viewer, operator or admin) and the SHA-256 of a token in hexadecimal; make lines with: espalier token NAME --role ROLE --tokens %s"
                  .formatted(file, number, file));
        }
        callers.put(parts[2], new Caller(Optional.of(parts[0]), role.get()));
      }
    }
    return callers;
  }

  private static UserError unreadable(Path file, IOException problem) {
    return new UserError(
        problem instanceof NoSuchFileException
            ? "there is no file of tokens %s; make it with: espalier token NAME --role admin --tokens %s"
                .formatted(file, file)
            : "the file of tokens %s cannot be used: %s; correct its rights"
                .formatted(file, problem),
        problem);
  }

  private static String digest(String token) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
