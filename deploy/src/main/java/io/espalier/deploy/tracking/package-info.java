/** Sweeps handed on to the trackers of experiments that people have already. */
@NullMarked
package io.espalier.deploy.tracking;

import org.jspecify.annotations.NullMarked;
