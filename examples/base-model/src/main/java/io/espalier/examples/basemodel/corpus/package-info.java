/**
 * The text the base model learns: short dialogues in Chinese and English, a class for each subject.
 * A pure function of a seed. Start reading at {@link io.espalier.examples.basemodel.corpus.Corpus}.
 */
@NullMarked
package io.espalier.examples.basemodel.corpus;

import org.jspecify.annotations.NullMarked;
