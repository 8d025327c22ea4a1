/**
 * Where the coordinator's events are kept, and which of several coordinators may write them: an H2
 * file for one, PostgreSQL for several. Pekko's JDBC journal does the reading and writing.
 */
@NullMarked
package io.espalier.coordinator.journal;

import org.jspecify.annotations.NullMarked;
