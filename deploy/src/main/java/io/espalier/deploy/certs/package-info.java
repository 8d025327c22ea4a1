/**
 * Certificates for trying out and for clusters without an authority of their own. Start with {@link
 * io.espalier.deploy.certs.DevelopmentAuthority}.
 */
@NullMarked
package io.espalier.deploy.certs;

import org.jspecify.annotations.NullMarked;
