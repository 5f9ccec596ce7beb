package io.tidemark.hypervisor.sim;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.tck.hypervisor.ComputeContract;
import io.tidemark.tck.hypervisor.HypervisorContract;
import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.InventoryContract;
import io.tidemark.tck.hypervisor.ProviderContract;
import io.tidemark.tck.hypervisor.RecoveryTargetContract;
import io.tidemark.tck.hypervisor.SampleVmsContract;
import io.tidemark.tck.hypervisor.VolumeReaderContract;
import io.tidemark.tck.hypervisor.WriteCaptureContract;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs a contract suite on a simulated hypervisor that is wrong in one way. One run at a time. */
final class MutatedSuites {
    /** JUnit makes the suite's object, so that the mutation has to come to it this way. */
    private static final AtomicReference<Run> RUN =
            new AtomicReference<>(new Run(UnaryOperator.identity(), Duration.ZERO));

    static final List<Class<? extends HypervisorContract>> ALL = List.of(
            Provider.class,
            Inventory.class,
            Compute.class,
            WriteCapture.class,
            VolumeReader.class,
            RecoveryTarget.class,
            SampleVms.class);

    private MutatedSuites() {}

    /** @param timeLimit how long the suite waits for what a mutant may never do */
    private record Run(UnaryOperator<HypervisorSite> mutation, Duration timeLimit) {}

    /** Names of the tests that failed; a failure outside a test counts under the name of its class. */
    static Set<String> failuresOf(
            Class<? extends HypervisorContract> suite, UnaryOperator<HypervisorSite> mutation, Duration timeLimit) {
        RUN.set(new Run(mutation, timeLimit));
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(suite))
                .build();
        Failures failures = new Failures();
        LauncherFactory.create().execute(request, failures);
        if (failures.started == 0) {
            throw new AssertionError("no test of " + suite + " ran");
        }
        return failures.names;
    }

    private static HypervisorSubject mutated() throws Exception {
        Run run = RUN.get();
        return new SimSubject(run.mutation(), run.timeLimit());
    }

    private static final class Failures implements TestExecutionListener {
        private final Set<String> names = new TreeSet<>();
        private int started;

        @Override
        public void executionStarted(TestIdentifier test) {
            started += test.isTest() ? 1 : 0;
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                names.add(test.getSource()
                        .filter(MethodSource.class::isInstance)
                        .map(source -> ((MethodSource) source).getMethodName())
                        .orElse(test.getDisplayName()));
            }
        }
    }

    static final class Provider extends ProviderContract {
        @Override
        protected HypervisorSubject makeSubject() throws Exception {
            return mutated();
        }
    }

    static final class Inventory extends InventoryContract {
        @Override
        protected HypervisorSubject makeSubject() throws Exception {
            return mutated();
        }
    }

    static final class Compute extends ComputeContract {
        @Override
        protected HypervisorSubject makeSubject() throws Exception {
            return mutated();
        }
    }

    static final class WriteCapture extends WriteCaptureContract {
        @Override
        protected HypervisorSubject makeSubject() throws Exception {
            return mutated();
        }
    }

    static final class VolumeReader extends VolumeReaderContract {
        @Override
        protected HypervisorSubject makeSubject() throws Exception {
            return mutated();
        }
    }

    static final class RecoveryTarget extends RecoveryTargetContract {
        @Override
        protected HypervisorSubject makeSubject() throws Exception {
            return mutated();
        }
    }

    static final class SampleVms extends SampleVmsContract {
        @Override
        protected HypervisorSubject makeSubject() throws Exception {
            return mutated();
        }
    }
}
