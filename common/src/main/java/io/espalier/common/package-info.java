/** What coordinator and worker must agree on; each subpackage says what it holds. */
@NullMarked
package io.espalier.common;

import org.jspecify.annotations.NullMarked;
