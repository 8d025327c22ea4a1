/** The distribution: the command line and the embedded all-in-one mode. */
@NullMarked
package io.espalier.deploy;

import org.jspecify.annotations.NullMarked;
