/**
 * Lanes: the ordered writes of one VM on their way to one VPG's recovery site. Writers hold the lane's lock for memory copies only; each
 * lane has one platform thread that sends and one virtual thread while it syncs.
 */
@NullMarked
package io.tidemark.replication.lane;

import org.jspecify.annotations.NullMarked;
