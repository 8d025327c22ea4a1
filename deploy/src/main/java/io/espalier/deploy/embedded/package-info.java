/** A whole cluster in one process: a coordinator and a worker that find each other on loopback. */
@NullMarked
package io.espalier.deploy.embedded;

import org.jspecify.annotations.NullMarked;
