/**
 * Authenticated, ordered channels between two sites, with positions and back-pressure.
 *
 * <p>{@link io.tidemark.spi.transport.ChannelHandler} is called on the transport's own threads, one call at a time per channel.
 */
@NullMarked
package io.tidemark.spi.transport;

import org.jspecify.annotations.NullMarked;
