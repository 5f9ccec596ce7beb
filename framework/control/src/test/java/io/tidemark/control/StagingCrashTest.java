package io.tidemark.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.control.checkpoint.CheckpointSelector;
import io.tidemark.control.recovery.RecoveryState;
import io.tidemark.control.recovery.RecoveryView;
import io.tidemark.control.recovery.StartRecovery;
import io.tidemark.control.recovery.TestResult;
import io.tidemark.control.testkit.Crashes.Moment;
import io.tidemark.control.testkit.Eventually;
import io.tidemark.control.testkit.TestWorld;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.recovery.ChangesSince;
import io.tidemark.spi.recovery.RecoveryOrigin;
import io.tidemark.spi.recovery.StagedPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Kills the recovery site while it stages, and while it recovers from what is staged. */
class StagingCrashTest {
    private static final int VOLUMES = StagingTest.VOLUMES;

    @TempDir
    private Path folder;

    /** Kills the recovery site at every effect of two runs of staging; afterwards all goes on as if nothing had been. */
    @ParameterizedTest
    @EnumSource(
            value = Moment.class,
            names = {"BEFORE", "AFTER"})
    void staging_goes_on_after_a_kill_at_any_place(Moment moment) throws IOException {
        Set<String> places = new HashSet<>();
        for (int nth = 1; nth < 40; nth++) {
            Path place = Files.createDirectory(folder.resolve(moment + "-" + nth));
            try (TestWorld world = StagingTest.world(place)) {
                VpgId vpg = world.paris.plane().vpgs().get("erp").id();
                world.lyon.crashes.arm(nth, moment);
                Eventually.until(
                        () -> "staged twice, or dead",
                        () -> world.lyon.crashes.dead()
                                || world.lyon.hypervisor.staging.points().size() >= 2 * VOLUMES,
                        () -> world.time.advance(Duration.ofSeconds(1)));
                boolean through = !world.lyon.crashes.dead();
                if (through) {
                    world.lyon.crashes.revive();
                } else {
                    places.add(world.lyon.crashes.where());
                    world.lyon.restart();
                }
                Eventually.until(
                        () -> "staged twice after " + world.lyon.crashes.where() + ", but there are "
                                + world.lyon.hypervisor.staging.points() + ", kept are "
                                + world.lyon.journals.pinned(vpg) + ", known " + world.known() + ", "
                                + world.lyon.plane().vpgs().get("erp").staging(),
                        () -> world.lyon.hypervisor.staging.points().size() >= 2 * VOLUMES
                                && world.lyon.journals.pinned(vpg).size() == 1,
                        () -> world.time.advance(Duration.ofSeconds(1)));
                Set<StagedPoint> distinct = new HashSet<>(world.lyon.hypervisor.staging.points());
                assertEquals(world.lyon.hypervisor.staging.points().size(), distinct.size());
                assertEquals(0, distinct.size() % VOLUMES, "no checkpoint is staged in part: " + distinct);
                CheckpointId newest =
                        world.lyon.hypervisor.staging.points().getLast().checkpoint();
                Eventually.until(
                        () -> "staging goes on after " + world.lyon.crashes.where() + "; known " + world.known() + ", "
                                + world.lyon.plane().vpgs().get("erp").staging(),
                        () -> world.lyon
                                        .hypervisor
                                        .staging
                                        .points()
                                        .getLast()
                                        .checkpoint()
                                        .compareTo(newest)
                                > 0,
                        () -> world.time.advance(Duration.ofSeconds(1)));
                if (through) {
                    assertTrue(places.size() >= 4, places.toString());
                    return;
                }
            }
        }
        throw new AssertionError("never got through; places were " + places);
    }

    /** Kills the recovery site at every effect of a failover test that begins on staged points; its end is the same. */
    @ParameterizedTest
    @EnumSource(
            value = Moment.class,
            names = {"BEFORE", "AFTER"})
    void a_recovery_from_staged_points_goes_on_after_a_kill_at_any_place(Moment moment) throws IOException {
        Set<String> places = new HashSet<>();
        for (int nth = 1; nth < 40; nth++) {
            Path place = Files.createDirectory(folder.resolve(moment + "-recovery-" + nth));
            try (TestWorld world = StagingTest.world(place)) {
                StagingTest.awaitStaged(world, VOLUMES);
                world.lyon.crashes.arm(nth, moment);
                OperationId id = world.lyon
                        .plane()
                        .recoveries()
                        .start(StartRecovery.test("erp", new CheckpointSelector.Latest()))
                        .id();
                Eventually.until(
                        "it runs, or the site is dead",
                        () -> world.lyon.crashes.dead()
                                || world.lyon.plane().recoveries().get(id).state() == RecoveryState.TESTING);
                boolean through = !world.lyon.crashes.dead();
                if (through) {
                    world.lyon.crashes.revive();
                } else {
                    places.add(world.lyon.crashes.where());
                    world.lyon.restart();
                }
                RecoveryView view = world.awaitState(id, RecoveryState.TESTING);
                assertEquals(2, world.lyon.hypervisor.made().size());
                for (var vm : view.vms()) {
                    RecoveryOrigin origin = Objects.requireNonNull(
                            world.lyon.hypervisor.staging.origins().get(vm.id().orElseThrow()));
                    assertTrue(
                            origin.disks().stream().allMatch(disk -> disk.changes()
                                    .flatMap(ChangesSince::extents)
                                    .isPresent()),
                            origin.toString());
                }
                world.lyon.plane().recoveries().stop(id, TestResult.PASSED, "");
                world.awaitState(id, RecoveryState.STOPPED);
                assertTrue(world.lyon.hypervisor.made().isEmpty());
                assertTrue(world.lyon.journals.leftovers().isEmpty());
                assertFalse(world.lyon.hypervisor.staging.points().isEmpty(), "a test leaves what is staged");
                if (through) {
                    assertTrue(places.size() >= 4, places.toString());
                    return;
                }
            }
        }
        throw new AssertionError("never got through; places were " + places);
    }
}
