/**
 * Answers to single prompts, token by token, sampled and shown as they are made. May use the model,
 * the tokenizer and adapters. Start reading at {@link io.espalier.worker.generate.Generator}.
 */
@NullMarked
package io.espalier.worker.generate;

import org.jspecify.annotations.NullMarked;
