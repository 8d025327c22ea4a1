/**
 * The Pekko shell around the devices: registration, offers, leases, the metrics stream. The device
 * loops live outside the actor system and outlive it.
 */
@NullMarked
package io.espalier.worker.node;

import org.jspecify.annotations.NullMarked;
