/**
 * Messages between a lane and the journal keeper at the other end of its channel.
 */
@NullMarked
package io.tidemark.replication.wire;

import org.jspecify.annotations.NullMarked;
