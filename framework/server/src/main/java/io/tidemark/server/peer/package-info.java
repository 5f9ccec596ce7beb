/**
 * Talking to other sites: pairing by a one-time token, requests and answers between managers, and who may open which stream.
 *
 * <p>Channel handlers run on the transport's threads and never block; requests of peers are answered on virtual threads.
 */
@NullMarked
package io.tidemark.server.peer;

import org.jspecify.annotations.NullMarked;
