package io.espalier.coordinator.sweep;

/** Marks what goes into the journal as Jackson CBOR; bound in {@code espalier-coordinator.conf}. */
public interface Journaled {}
