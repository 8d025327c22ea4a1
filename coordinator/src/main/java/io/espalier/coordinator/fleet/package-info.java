/**
 * Who is there, what is free, and which branch goes where. Soft state, rebuilt from registrations.
 */
@NullMarked
package io.espalier.coordinator.fleet;

import org.jspecify.annotations.NullMarked;
