package io.tidemark.control.dataplane;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;

/** Hears the data plane about one VPG. Calls return at once and never throw. */
public interface ProtectionListener {
    /** A member changed its state; {@code detail} is for people: what happened and what is done about it. */
    void onMemberState(VmId vm, MemberState state, String detail);

    /** The checkpoint is durable in every member's journal and selectable from now on (J5). */
    void onCheckpointDurable(CheckpointId checkpoint);

    /** The recovery site refuses this site's writes for good: it has taken the VPG over (J7). Lanes are closed. */
    void onFenced(ProviderException refusal);
}
