/**
 * Trains a byte-level BPE tokenizer and writes it as HuggingFace's {@code tokenizer.json}. Start
 * reading at {@link io.espalier.examples.basemodel.tokenizer.BpeTrainer}.
 */
@NullMarked
package io.espalier.examples.basemodel.tokenizer;

import org.jspecify.annotations.NullMarked;
