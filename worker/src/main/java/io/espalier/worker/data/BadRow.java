package io.espalier.worker.data;

/** A row that cannot be used; the reader adds file and line, or counts it. */
final class BadRow extends Exception {
  private static final long serialVersionUID = 1L;

  BadRow(String message) {
    super(message);
  }
}
