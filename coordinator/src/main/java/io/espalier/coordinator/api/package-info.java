/** The HTTP door: the API, the console, metrics and health. */
@NullMarked
package io.espalier.coordinator.api;

import org.jspecify.annotations.NullMarked;
