/**
 * What a trial is: its identity, its resolved hyperparameters, its learning-rate schedule and how
 * it ended. Values only; no I/O, no Pekko. Start reading at {@link
 * io.espalier.common.trial.TrialConfig}.
 */
@NullMarked
package io.espalier.common.trial;

import org.jspecify.annotations.NullMarked;
