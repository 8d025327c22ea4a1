package io.espalier.common.protocol;

/** The version of the messages in this package; coordinator and workers must agree on it. */
public final class ProtocolVersion {
  public static final int CURRENT = 8;

  private ProtocolVersion() {}
}
