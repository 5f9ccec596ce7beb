package io.tidemark.spi.recovery;

import io.tidemark.spi.site.HypervisorSite;
import java.util.Optional;

/** A site to which contents can be brought ahead of a recovery, or which can tell ahead what a recovery would run into. */
public interface RecoverySite extends HypervisorSite {
    /** Present only beside {@link #recoveryTarget()}. */
    default Optional<PreStaging> preStaging() {
        return Optional.empty();
    }

    /** Present only beside {@link #recoveryTarget()}. */
    default Optional<RecoveryPreflight> recoveryPreflight() {
        return Optional.empty();
    }
}
