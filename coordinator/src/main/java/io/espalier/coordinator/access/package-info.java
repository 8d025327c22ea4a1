/**
 * Who may ask what of the API: bearer tokens, each with a name and a role. Knows nothing of HTTP.
 * Start with {@link io.espalier.coordinator.access.Tokens}.
 */
@NullMarked
package io.espalier.coordinator.access;

import org.jspecify.annotations.NullMarked;
