/**
 * The contract of a transport plugin: subclass {@link io.tidemark.tck.transport.TransportContract} and supply a
 * {@link io.tidemark.tck.transport.TransportSubject}. Runs on JUnit's thread; waits on conditions with a limit, never sleeps.
 */
@NullMarked
package io.tidemark.tck.transport;

import org.jspecify.annotations.NullMarked;
