/**
 * Rules on one branch's own numbers: a worker applies them while it trains, a coordinator to what
 * was recorded. Pure: a decision depends on what was told and on nothing else. Start with {@link
 * io.espalier.common.guard.Guards}.
 */
@NullMarked
package io.espalier.common.guard;

import org.jspecify.annotations.NullMarked;
