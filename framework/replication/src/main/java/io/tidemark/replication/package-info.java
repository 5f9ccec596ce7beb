/**
 * Replication: from a captured write to a durable journal at another site.
 *
 * <p>The way of a write through the rooms of this module:
 *
 * <pre>
 *   capture/  CapturedVm attaches capture once per VM; FanOut copies each write into every lane
 *   lane/     Lane: one VM in one VPG; keeps the order log, turns overflow into dirty regions, syncs, cuts barriers
 *             LaneLink: the lane's sender; batches, compresses, resends
 *   wire/     what a lane and a journal keeper say to each other besides batches
 *   receive/  JournalKeeper: the one writer of a VM's journal; appends, syncs, acknowledges
 *   serve/    views of a VPG at a checkpoint, exported over NBD
 * </pre>
 */
@NullMarked
package io.tidemark.replication;

import org.jspecify.annotations.NullMarked;
