/**
 * The client's side of the coordinator's HTTP API. It uses the JDK's HTTP client and the views of
 * the coordinator's reports; it knows no command line. Start reading at {@link
 * io.espalier.deploy.client.CoordinatorClient}.
 */
@NullMarked
package io.espalier.deploy.client;

import org.jspecify.annotations.NullMarked;
