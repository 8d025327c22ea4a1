/**
 * Makes the small base model that the example sweeps fine-tune, with the project's own engine and
 * from nothing but this source: text, tokenizer, random weights, pre-training, figures. Start
 * reading at {@code MakeBaseModel}.
 */
@NullMarked
package io.espalier.examples.basemodel;

import org.jspecify.annotations.NullMarked;
