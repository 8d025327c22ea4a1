/** The HTTP door: metrics and health. */
@NullMarked
package io.espalier.coordinator.api;

import org.jspecify.annotations.NullMarked;
