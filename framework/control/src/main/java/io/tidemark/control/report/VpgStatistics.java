package io.tidemark.control.report;

import io.tidemark.spi.id.VpgId;
import java.time.Instant;

/**
 * What was measured of a VPG on its protected site, or of its RPO on its recovery site.
 *
 * @param since when measuring began: start of this process, or creation of the VPG
 * @param checkpointsCut barriers cut since then
 * @param checkpointsDurable of them selectable
 * @param rpoMillis age of the newest selectable checkpoint, sampled once a second once there is one
 * @param holdNanos how long acknowledgements of guest writes were withheld per checkpoint
 */
public record VpgStatistics(
        VpgId vpg,
        Instant since,
        long checkpointsCut,
        long checkpointsDurable,
        Distribution rpoMillis,
        Distribution holdNanos) {}
