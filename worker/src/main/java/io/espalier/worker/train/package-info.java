/** Training: the pack of slots on a device, guards, and one branch's way through its updates. */
@NullMarked
package io.espalier.worker.train;

import org.jspecify.annotations.NullMarked;
