/**
 * The distribution: Main starts the command line in {@code cli}; {@code run} uses the all-in-one
 * cluster of {@code embedded} and shows {@code progress}.
 */
@NullMarked
package io.espalier.deploy;

import org.jspecify.annotations.NullMarked;
