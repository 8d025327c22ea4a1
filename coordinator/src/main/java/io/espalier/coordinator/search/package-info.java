/** From a search space to trial configurations. Pure: no Pekko, no I/O, no clock. */
@NullMarked
package io.espalier.coordinator.search;

import org.jspecify.annotations.NullMarked;
