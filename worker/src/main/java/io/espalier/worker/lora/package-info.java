/**
 * Adapters: where each matrix lies in a slot's flat vector, initial values, PEFT's file layout in
 * and out.
 */
@NullMarked
package io.espalier.worker.lora;

import org.jspecify.annotations.NullMarked;
