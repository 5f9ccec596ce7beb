package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.recovery.PreStaging;
import io.tidemark.spi.recovery.RecoveryPreflight;
import io.tidemark.spi.recovery.RecoverySite;
import java.util.Optional;

/** Guards a site with recovery facets of its own; without a recovery target they must not be there. */
final class GuardedRecoverySite extends GuardedHypervisorSite implements RecoverySite {
    private final Optional<PreStaging> preStaging;
    private final Optional<RecoveryPreflight> recoveryPreflight;

    GuardedRecoverySite(RecoverySite inner, Guard guard) throws ProviderException {
        super(inner, guard);
        this.preStaging = guard.facet("preStaging", inner::preStaging, each -> new GuardedPreStaging(each, guard));
        this.recoveryPreflight = guard.facet(
                "recoveryPreflight", inner::recoveryPreflight, each -> new GuardedRecoveryPreflight(each, guard));
        if (recoveryTarget().isEmpty() && (preStaging.isPresent() || recoveryPreflight.isPresent())) {
            throw guard.defect(
                    "recoveryTarget",
                    "it has facets of recovery (pre-staging, preflight), but no recovery target",
                    null);
        }
    }

    @Override
    public Optional<PreStaging> preStaging() {
        return preStaging;
    }

    @Override
    public Optional<RecoveryPreflight> recoveryPreflight() {
        return recoveryPreflight;
    }
}
