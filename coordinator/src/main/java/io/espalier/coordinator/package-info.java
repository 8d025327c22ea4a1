/** Decides: search, leases, pruning, reports; owns the journal, the API and the metrics store. */
@NullMarked
package io.espalier.coordinator;

import org.jspecify.annotations.NullMarked;
