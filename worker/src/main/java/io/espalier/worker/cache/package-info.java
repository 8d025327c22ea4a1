/**
 * What takes long to find out and stays true, kept for the user's next process. May use no other
 * package of the worker. Start with {@link io.espalier.worker.cache.UserCache}.
 */
@NullMarked
package io.espalier.worker.cache;

import org.jspecify.annotations.NullMarked;
