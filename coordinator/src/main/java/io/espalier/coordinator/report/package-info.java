/** Tables and views of a sweep for people. */
@NullMarked
package io.espalier.coordinator.report;

import org.jspecify.annotations.NullMarked;
