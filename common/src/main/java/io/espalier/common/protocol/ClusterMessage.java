package io.espalier.common.protocol;

/**
 * Marks what is serialized as Jackson CBOR between nodes; bound in {@code espalier-common.conf}.
 */
public interface ClusterMessage {}
