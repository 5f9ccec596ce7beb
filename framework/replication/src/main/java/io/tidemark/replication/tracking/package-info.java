/**
 * Protection by freezes, where a hypervisor shows no writes: VMs are frozen, what changed since the freeze before is copied into their lanes,
 * and each frozen state that is complete becomes one checkpoint. One driver per VPG, a virtual thread; while it copies, one more per VM.
 */
@NullMarked
package io.tidemark.replication.tracking;

import org.jspecify.annotations.NullMarked;
