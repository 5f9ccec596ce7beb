/**
 * Channels between sites over TCP with TLS 1.3.
 *
 * <p>Each channel has one thread that reads and one that writes; a listener has one that accepts. Nothing else runs.
 */
@NullMarked
package io.tidemark.transport.tcp;

import org.jspecify.annotations.NullMarked;
