/**
 * The messages between coordinator and workers: sealed interfaces of records, serialized as Jackson
 * CBOR. A message's name and fields are a contract across versions, held by golden files. Start
 * reading at {@link io.espalier.common.protocol.ToCoordinator}.
 */
@NullMarked
package io.espalier.common.protocol;

import org.jspecify.annotations.NullMarked;
