/**
 * What a trial's curve says of it: whether it diverged, learnt too little, too much, or enough.
 * Pure; uses metric rows and nothing of the coordinator. Start with {@link
 * io.espalier.coordinator.diagnosis.Diagnosis}.
 */
@NullMarked
package io.espalier.coordinator.diagnosis;

import org.jspecify.annotations.NullMarked;
