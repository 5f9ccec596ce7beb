package io.tidemark.tck.hypervisor;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.site.HypervisorSite;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Opening, health and closing of a hypervisor site. Boots no VM. */
public abstract class ProviderContract extends HypervisorContract {
    @Test
    void factoryDescribesItsSettings() {
        assertFalse(subject().factory().kind().value().isBlank());
        Set<String> names = new HashSet<>();
        for (ConfigSpec.Key key : subject().factory().configSpec().keys()) {
            assertTrue(names.add(key.name()), () -> "setting '" + key.name() + "' is declared twice");
            assertFalse(key.description().isBlank(), () -> "setting '" + key.name() + "' has no description");
        }
        assertTrue(
                names.containsAll(subject().config().values().keySet()),
                "the subject uses settings that the factory does not declare");
    }

    @Test
    void openedSiteIsHealthyAndSaysWhatItIs() throws Exception {
        site().checkHealth(deadline());
        assertFalse(site().description().isBlank());
    }

    @Test
    void capabilitiesAreSteadyAndFitTheFacets() {
        assertEquals(site().capabilities(), site().capabilities());
        if (can(Capability.CAPTURE_DELIVERS_CONTENTS)) {
            assertTrue(site().writeCapture().isPresent(), "delivers contents, but has no facet WriteCapture");
        }
        if (can(Capability.PROTECTS_BY_FREEZING)) {
            assertTrue(site().changeTracking().isPresent(), "protects by freezing, but has no facet ChangeTracking");
            assertTrue(site().writeCapture().isEmpty(), "has a facet WriteCapture, so it need not freeze");
        }
        if (can(Capability.RECOVERY_OWNS_SCRATCH)) {
            assertTrue(site().recoveryTarget().isPresent(), "owns scratch, but has no facet RecoveryTarget");
        }
    }

    @Test
    void settingsThatDoNotFitAreRefusedWithAReason() {
        List<ProviderConfig> refused = subject().refusedConfigs();
        assertFalse(refused.isEmpty(), "the subject names no settings that must be refused");
        assertAll(refused.stream()
                .map(config -> () -> assertRefused(
                        () -> subject()
                                .factory()
                                .open(config, subject().context(), deadline())
                                .close(),
                        FailureKind.REJECTED,
                        FailureKind.UNREACHABLE)));
    }

    @Test
    void closeReleasesEverythingAndIsIdempotent() throws Exception {
        HypervisorSite closed = site();
        closed.close();
        closed.close();
        try {
            await(
                    "no thread of the provider runs",
                    () -> subject().context().runningThreads().isEmpty());
            assertRefusedEverywhere(closed);
        } finally {
            reopenSite();
        }
        site().checkHealth(deadline());
    }

    @Test
    void unreachableFarEndIsNotHealthy() throws Exception {
        HypervisorSubject.FarEndSwitch farEnd =
                offered(subject().farEndSwitch(), "the subject cannot cut the connection");
        farEnd.cut();
        try {
            assertRefused(() -> site().checkHealth(deadline()), FailureKind.UNREACHABLE, FailureKind.RETRY_LATER);
        } finally {
            farEnd.restore();
        }
        reopenSite();
        site().checkHealth(deadline());
    }

    private void assertRefusedEverywhere(HypervisorSite closed) {
        FailureKind[] kinds = {FailureKind.UNREACHABLE, FailureKind.REJECTED, FailureKind.RETRY_LATER};
        assertRefused(() -> closed.checkHealth(deadline()), kinds);
        assertRefused(() -> closed.inventory().list(deadline()), kinds);
    }
}
