package io.tidemark.nbd;

import java.util.EnumSet;
import java.util.Set;

/** What a handshake agreed on; fixed for the life of the connection. */
record NbdSession(
        ServedExport served,
        long sizeBytes,
        boolean readOnly,
        Set<NbdAbility> abilities,
        boolean structuredReplies,
        boolean blockStatus) {
    /** Asks the export, before anything about replies is agreed. */
    static NbdSession of(ServedExport served) {
        NbdExport export = served.export();
        Set<NbdAbility> abilities = EnumSet.noneOf(NbdAbility.class);
        abilities.addAll(export.abilities());
        boolean readOnly = export.readOnly();
        if (readOnly) {
            abilities.removeAll(EnumSet.of(NbdAbility.TRIM, NbdAbility.WRITE_ZEROES, NbdAbility.FUA));
        }
        if (!abilities.contains(NbdAbility.WRITE_ZEROES)) {
            abilities.remove(NbdAbility.FAST_ZERO);
        }
        return new NbdSession(served, export.sizeBytes(), readOnly, abilities, false, false);
    }

    NbdSession withReplies(boolean structured, boolean status) {
        return new NbdSession(served, sizeBytes, readOnly, abilities, structured, status);
    }

    boolean can(NbdAbility ability) {
        return abilities.contains(ability);
    }

    short transmissionFlags() {
        int flags = NbdProtocol.FLAG_HAS_FLAGS | (readOnly ? NbdProtocol.FLAG_READ_ONLY : 0);
        for (NbdAbility ability : abilities) {
            flags |= ability.transmissionFlag();
        }
        return (short) flags;
    }
}
