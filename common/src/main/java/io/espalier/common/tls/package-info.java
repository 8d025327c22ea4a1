/**
 * The certificates by which nodes know each other: read from PEM files, read again when these
 * change. Start with {@link io.espalier.common.tls.NodeCertificates}.
 */
@NullMarked
package io.espalier.common.tls;

import org.jspecify.annotations.NullMarked;
