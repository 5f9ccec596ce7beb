package io.tidemark.tck.objects;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** The contract notices every fault: a suite that passes a broken store proves nothing about a good one. */
final class ObjectStoreMutantsTest {
    /** JUnit makes the instance of the run, so there is no other way in. */
    private static volatile Optional<StoreFault> chosen = Optional.empty();

    static StoreFault chosen() {
        return chosen.orElseThrow();
    }

    @ParameterizedTest
    @EnumSource
    void the_contract_notices(StoreFault fault) {
        chosen = Optional.of(fault);
        Class<?> run = fault.isOfLocks() ? MutantObjectLockRun.class : MutantObjectStoreRun.class;
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(DiscoverySelectors.selectMethod(run, fault.caughtBy()))
                                .build(),
                        listener);
        TestExecutionSummary summary = listener.getSummary();
        assertEquals(1, summary.getTestsStartedCount(), "the law exists: " + fault.caughtBy());
        assertEquals(1, summary.getTestsFailedCount(), "a store that " + fault + " must not pass");
        // By an assertion and not because something broke by accident.
        assertInstanceOf(AssertionError.class, summary.getFailures().getFirst().getException());
    }
}
