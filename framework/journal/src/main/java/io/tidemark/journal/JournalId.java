package io.tidemark.journal;

import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;

/** Identity of a journal: a VM has one in each VPG that it is in. */
public record JournalId(VpgId vpg, VmId vm) {
    @Override
    public String toString() {
        return vpg + "/" + vm;
    }
}
