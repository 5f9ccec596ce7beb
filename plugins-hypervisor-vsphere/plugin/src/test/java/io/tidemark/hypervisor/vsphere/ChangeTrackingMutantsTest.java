package io.tidemark.hypervisor.vsphere;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.tracking.ChangeTracking;
import io.tidemark.spi.tracking.FreezePoint;
import io.tidemark.spi.tracking.VolumeChanges;
import io.tidemark.spi.tracking.VolumeChanges.Basis;
import io.tidemark.tck.hypervisor.ChangeTrackingContract;
import io.tidemark.tck.hypervisor.HypervisorSubject;
import io.tidemark.tck.hypervisor.MemoryDisk;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The contract of change tracking fails on providers that are wrong on purpose, by the test that is meant for the mistake. */
final class ChangeTrackingMutantsTest {
    /** JUnit makes the suite's object, so that the mutation has to come to it this way. */
    private static final AtomicReference<BiFunction<HypervisorSite, ChangeTracking, ChangeTracking>> MUTATION =
            new AtomicReference<>((site, right) -> right);

    /** The suite, on a site that is wrong in one way. */
    static final class Mutated extends ChangeTrackingContract {
        @Override
        protected HypervisorSubject makeSubject() throws Exception {
            HypervisorSubject real = VsphereSubject.make();
            return Instead.of(HypervisorSubject.class, real, "open", (none, open) -> {
                HypervisorSite site = (HypervisorSite) open.call();
                return Instead.of(
                        HypervisorSite.class,
                        site,
                        "changeTracking",
                        (nothing, right) -> Optional.of(
                                MUTATION.get().apply(site, site.changeTracking().orElseThrow())));
            });
        }
    }

    @TestFactory
    Stream<DynamicTest> mutants() {
        return Stream.of(
                mutant("nothing is wrong", (site, right) -> right, "", "changesSinceATokenLeaveNothingOut"),
                changes(
                        "the last area is left out",
                        ChangeTrackingMutantsTest::withoutTheLast,
                        "changesSinceATokenLeaveNothingOut"),
                changes(
                        "at first nothing is told",
                        each -> each.basis() == Basis.BLANK_VOLUME ? empty(each) : each,
                        "withoutATokenTheExtentsCoverAllThatIsNotZero"),
                changes(
                        "everything always changed",
                        ChangeTrackingMutantsTest::everything,
                        "aQuietDiskIsNotToldAsChanged"),
                changes(
                        "whatever the token, it is believed",
                        each -> new VolumeChanges(Basis.TOKEN, "", each.extents()),
                        "aTokenOfNobodyIsAnsweredWithTheWholeVolume"),
                changes(
                        "no token is ever of use",
                        each -> new VolumeChanges(Basis.BLANK_VOLUME, "never", each.extents()),
                        "aTokenOfAnEarlierFreezeStillWorks"),
                mutant(
                        "what is frozen goes on",
                        (site, right) -> freeze(
                                right,
                                point -> Instead.of(
                                        FreezePoint.class, point, "open", (arguments, open) -> site.volumeReader()
                                                .orElseThrow()
                                                .openLive(
                                                        (VolumeId) arguments.getFirst(), (Deadline) arguments.get(1)))),
                        "frozenContentsStayWhileTheGuestGoesOn",
                        "frozenContentsStayWhileTheGuestGoesOn"),
                mutant(
                        "volumes are frozen one after the other",
                        (site, right) -> oneAfterTheOther(right),
                        "allVolumesAreFrozenAtOneMoment",
                        "allVolumesAreFrozenAtOneMoment"));
    }

    private static VolumeChanges withoutTheLast(VolumeChanges right) {
        List<BlockExtent> extents = new ArrayList<>(right.extents());
        if (!extents.isEmpty()) {
            extents.removeLast();
        }
        return new VolumeChanges(right.basis(), right.reason(), extents);
    }

    private static VolumeChanges empty(VolumeChanges right) {
        return new VolumeChanges(right.basis(), right.reason(), List.of());
    }

    private static VolumeChanges everything(VolumeChanges right) {
        BlockExtent all = new BlockExtent(0, Scene.SMALL, BlockExtent.Content.DATA);
        return new VolumeChanges(right.basis(), right.reason(), List.of(all));
    }

    private static DynamicTest changes(String mistake, UnaryOperator<VolumeChanges> mutation, String caughtBy) {
        return mutant(
                mistake,
                (site, right) -> freeze(
                        right,
                        point -> Instead.of(
                                FreezePoint.class,
                                point,
                                "changes",
                                (arguments, call) -> mutation.apply((VolumeChanges) call.call()))),
                caughtBy,
                caughtBy);
    }

    private static ChangeTracking freeze(ChangeTracking right, UnaryOperator<FreezePoint> mutation) {
        return Instead.of(
                ChangeTracking.class, right, "freeze", (arguments, call) -> mutation.apply((FreezePoint) call.call()));
    }

    /** The first volume shows what it held at a freeze before. */
    private static ChangeTracking oneAfterTheOther(ChangeTracking right) {
        return Instead.of(ChangeTracking.class, right, "freeze", (arguments, call) -> {
            VmId vm = (VmId) arguments.get(0);
            VolumeId first = (VolumeId) ((List<?>) arguments.get(1)).getFirst();
            ByteBuffer earlier = ByteBuffer.allocate((int) Scene.SMALL);
            try (FreezePoint point = right.freeze(vm, List.of(first), Scene.deadline());
                    BlockDevice device = point.open(first, Scene.deadline())) {
                device.read(0, earlier);
            }
            return Instead.of(
                    FreezePoint.class,
                    (FreezePoint) call.call(),
                    "open",
                    (asked, open) -> asked.getFirst().equals(first)
                            ? new MemoryDisk(earlier.array(), MemoryDisk.Access.READ_ONLY)
                            : open.call());
        });
    }

    /** @param caughtBy empty when the suite has to be green */
    private static DynamicTest mutant(
            String mistake,
            BiFunction<HypervisorSite, ChangeTracking, ChangeTracking> mutation,
            String caughtBy,
            String test) {
        return dynamicTest(mistake, () -> {
            MUTATION.set(mutation);
            Failures failures = new Failures();
            LauncherFactory.create()
                    .execute(
                            LauncherDiscoveryRequestBuilder.request()
                                    .selectors(selectMethod(Mutated.class, test))
                                    .build(),
                            failures);
            assertEquals(1, failures.started, "tests that ran");
            assertEquals(caughtBy.isEmpty() ? Set.of() : Set.of(caughtBy), failures.names);
        });
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
}
