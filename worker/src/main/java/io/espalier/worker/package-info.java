/**
 * Trains: model, LoRA, data, packs, guards; owns the devices. Knows nothing of search. The command
 * line starts it through the node package.
 */
@NullMarked
package io.espalier.worker;

import org.jspecify.annotations.NullMarked;
