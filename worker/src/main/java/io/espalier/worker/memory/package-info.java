/**
 * What passes take of a device's memory, and what there is of it: so that a pass which would not
 * fit is made smaller before it is tried. A GPU's allocator only says that it is full; for want of
 * a host's memory the kernel ends the process. May use no other package of the worker. Start with
 * {@link io.espalier.worker.memory.PassMemory}.
 */
@NullMarked
package io.espalier.worker.memory;

import org.jspecify.annotations.NullMarked;
