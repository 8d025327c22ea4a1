/**
 * The command line: one class for each command, and what they share. Start reading at {@link
 * io.espalier.deploy.cli.CommandLineInterface}.
 */
@NullMarked
package io.espalier.deploy.cli;

import org.jspecify.annotations.NullMarked;
