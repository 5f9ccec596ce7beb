package io.tidemark.nbd;

import java.util.Set;

/**
 * What a client's handshake learnt about the export.
 *
 * @param allocationContext the id under which the server tells {@code base:allocation}; of no meaning without the ability
 */
record ExportInfo(
        long sizeBytes,
        boolean readOnly,
        Set<NbdAbility> abilities,
        boolean structuredReplies,
        int allocationContext,
        int maximumPayloadBytes) {}
