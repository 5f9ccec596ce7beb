package io.tidemark.tck.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** The contract notices every fault: a suite that passes a broken transport proves nothing about a good one. */
final class TransportMutantsTest {
    @ParameterizedTest
    @EnumSource
    void the_contract_notices(Fault fault) {
        MutantTransportRun.choose(fault);
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectMethod(MutantTransportRun.class, fault.caughtBy()))
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        TestExecutionSummary summary = listener.getSummary();
        assertEquals(1, summary.getTestsStartedCount(), "the law exists: " + fault.caughtBy());
        assertEquals(1, summary.getTestsFailedCount(), "a transport that " + fault + " must not pass");
        // By an assertion and not because something broke by accident.
        assertInstanceOf(AssertionError.class, summary.getFailures().getFirst().getException());
    }
}
