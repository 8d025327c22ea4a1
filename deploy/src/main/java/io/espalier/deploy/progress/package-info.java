/**
 * A running sweep on a terminal or in a log. {@link io.espalier.deploy.progress.Progress} turns a
 * moment into text and is pure; {@link io.espalier.deploy.progress.ProgressScreen} writes it.
 */
@NullMarked
package io.espalier.deploy.progress;

import org.jspecify.annotations.NullMarked;
