package io.tidemark.control.vpg;

import io.tidemark.control.vpg.VpgView.NewestCheckpoint;
import java.time.Instant;
import java.util.Optional;

/**
 * What is at the recovery target ahead of a recovery.
 *
 * @param newest the newest checkpoint that is there with all volumes; empty before the first
 * @param stagedAt since when it is there
 * @param progress of the checkpoint that is being staged, 0 to 1; empty while none is
 * @param problem why staging does not go on, for people; empty when it does
 */
public record StagingView(
        Optional<NewestCheckpoint> newest, Optional<Instant> stagedAt, Optional<Double> progress, String problem) {}
