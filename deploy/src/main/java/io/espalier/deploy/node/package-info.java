/**
 * What a node that runs as a process of its own needs: where it listens and whom it may be reached
 * by, and the supervision of one worker process for each device.
 */
@NullMarked
package io.espalier.deploy.node;

import org.jspecify.annotations.NullMarked;
