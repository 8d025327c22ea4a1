/**
 * Data sets: rows read and checked, the chat template, tokens and labels, the order of rows and the
 * batches of each update. Start reading at {@link io.espalier.worker.data.TokenizedDataset}.
 */
@NullMarked
package io.espalier.worker.data;

import org.jspecify.annotations.NullMarked;
