package io.espalier.worker.checkpoint;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What a branch and the checkpoint it goes on from must have in common. Part of the file's format.
 *
 * @param layout SHA-256 of the trained tensors' names and shapes
 * @param parameters P, numbers of a slot
 * @param optimizer its kind
 * @param model SHA-256
 * @param data SHA-256
 * @param effectiveBatch rows of an update
 */
public record Fingerprint(
    String layout,
    long parameters,
    String optimizer,
    String model,
    String data,
    long seed,
    long effectiveBatch) {

  /**
   * SHA-256 of a layout, in hexadecimal.
   *
   * @param tensors name and shape of each, in their order
   */
  public static String layout(Stream<String> tensors) {
    MessageDigest digest = sha256();
    tensors.forEach(tensor -> digest.update((tensor + "\n").getBytes(StandardCharsets.UTF_8)));
    return HexFormat.of().formatHex(digest.digest());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** In what another differs, for people; empty when in nothing. */
  List<String> differences(Fingerprint other) {
    return Stream.of(
            difference("trained tensors", layout, other.layout),
            difference("parameters", parameters, other.parameters),
            difference("optimizer", optimizer, other.optimizer),
            difference("model", model, other.model),
            difference("data", data, other.data),
            difference("seed", seed, other.seed),
            difference("effective batch", effectiveBatch, other.effectiveBatch))
        .flatMap(List::stream)
        .toList();
  }

  private static List<String> difference(String what, Object mine, Object theirs) {
    return Objects.equals(mine, theirs)
        ? List.of()
        : List.of("%s %.12s instead of %.12s".formatted(what, theirs, mine));
  }
}
