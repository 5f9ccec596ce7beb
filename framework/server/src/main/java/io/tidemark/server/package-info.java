/**
 * The server of one site: what it is told at start, what it is made of, and the order in which the parts come up and go down.
 *
 * <p>Starting and closing block and run on the caller's thread. Everything that serves afterwards has threads of its own.
 */
@NullMarked
package io.tidemark.server;

import org.jspecify.annotations.NullMarked;
