package io.espalier.deploy.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;

/** Why a file could not be read or written, in words: the JDK's messages are often a bare path. */
final class FileProblem {
  private FileProblem() {}

  /** {@code /x/y does not exist}, {@code permission denied for /x}, … */
  static String text(IOException problem) {
    if (problem instanceof CharacterCodingException) {
      return "it is not UTF-8 text";
    }
    if (!(problem instanceof FileSystemException file)) {
      return Optional.ofNullable(problem.getMessage()).orElse(problem.getClass().getSimpleName());
    }
    String path = Optional.ofNullable(file.getFile()).orElse("the file");
    if (file instanceof NoSuchFileException) {
      return Optional.ofNullable(Path.of(path).getParent())
              .filter(p -> !p.toFile().exists())
              .isPresent()
          ? "the directory %s does not exist".formatted(Path.of(path).getParent())
          : path + " does not exist";
    }
    if (file instanceof AccessDeniedException) {
      return "permission denied for " + path;
    }
    if (file instanceof NotDirectoryException) {
      return path + " is no directory";
    }
    if (file instanceof DirectoryNotEmptyException) {
      return path + " is a directory that is not empty";
    }
    if (file instanceof FileAlreadyExistsException) {
      return path + " is there already and is no directory";
    }
    return path + ": " + Optional.ofNullable(file.getReason()).orElse("the system refused it");
  }
}
