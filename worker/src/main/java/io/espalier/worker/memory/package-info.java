/**
 * What passes take of a host's memory, and what there is of it: so that a pass which would not fit
 * is made smaller before the kernel ends the process. A GPU's allocator says it itself when it is
 * full. May use no other package of the worker. Start with {@link
 * io.espalier.worker.memory.PassMemory}.
 */
@NullMarked
package io.espalier.worker.memory;

import org.jspecify.annotations.NullMarked;
