/**
 * Tells an address outside what ended: kills, failures, sweeps. Start with {@link
 * io.espalier.coordinator.webhook.Webhook}.
 */
@NullMarked
package io.espalier.coordinator.webhook;

import org.jspecify.annotations.NullMarked;
