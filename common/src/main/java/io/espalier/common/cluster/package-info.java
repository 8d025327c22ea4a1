/** Which nodes stay when some cannot be reached. */
@NullMarked
package io.espalier.common.cluster;

import org.jspecify.annotations.NullMarked;
