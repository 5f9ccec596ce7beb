package io.tidemark.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.control.checkpoint.CheckpointSelector;
import io.tidemark.control.recovery.RecoveryState;
import io.tidemark.control.recovery.RecoveryView;
import io.tidemark.control.recovery.SourceShutdown;
import io.tidemark.control.recovery.StartRecovery;
import io.tidemark.control.recovery.TestResult;
import io.tidemark.control.task.TaskState;
import io.tidemark.control.testkit.Crashes.Moment;
import io.tidemark.control.testkit.Eventually;
import io.tidemark.control.testkit.TestWorld;
import io.tidemark.control.vpg.VpgState;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.site.PowerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Kills the recovery site before and after every effect that it has on the outside, in every phase of every recovery, starts it again,
 * and expects the same end as without the kill.
 */
class RecoveryCrashTest {
    private static final int MORE_THAN_THERE_ARE = 60;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(
            value = Moment.class,
            names = {"BEFORE", "AFTER"})
    void startOfATest(Moment moment) throws IOException {
        everyPoint(moment, new Scenario() {
            @Override
            public void prepare(TestWorld world, OperationId[] id) {}

            @Override
            public void run(TestWorld world, OperationId[] id) {
                id[0] = startTest(world);
            }

            @Override
            public void check(TestWorld world, OperationId id) {
                world.awaitState(id, RecoveryState.TESTING);
                assertRuns(world, id, 2);
            }
        });
    }

    @ParameterizedTest
    @EnumSource(
            value = Moment.class,
            names = {"BEFORE", "AFTER"})
    void stopOfATest(Moment moment) throws IOException {
        everyPoint(moment, new Scenario() {
            @Override
            public void prepare(TestWorld world, OperationId[] id) {
                id[0] = startTest(world);
                world.awaitState(id[0], RecoveryState.TESTING);
            }

            @Override
            public void run(TestWorld world, OperationId[] id) {
                world.lyon.plane().recoveries().stop(id[0], TestResult.PASSED, "fine");
            }

            @Override
            public void check(TestWorld world, OperationId id) {
                RecoveryView view = world.awaitState(id, RecoveryState.STOPPED);
                assertEquals(TestResult.PASSED, view.result().orElseThrow());
                assertNothingLeft(world, view);
            }
        });
    }

    @ParameterizedTest
    @EnumSource(
            value = Moment.class,
            names = {"BEFORE", "AFTER"})
    void startOfAFailover(Moment moment) throws IOException {
        everyPoint(moment, new Scenario() {
            @Override
            public void prepare(TestWorld world, OperationId[] id) {}

            @Override
            public void run(TestWorld world, OperationId[] id) {
                id[0] = startFailover(world);
            }

            @Override
            public void check(TestWorld world, OperationId id) {
                world.awaitState(id, RecoveryState.UNCOMMITTED);
                assertRuns(world, id, 2);
                assertEquals(PowerState.OFF, world.paris.hypervisor.power("vm-db"));
                assertEquals(Set.of("db", "app"), world.lyon.hypervisor.made().keySet());
            }
        });
    }

    @ParameterizedTest
    @EnumSource(
            value = Moment.class,
            names = {"BEFORE", "AFTER"})
    void rollback(Moment moment) throws IOException {
        everyPoint(moment, new Scenario() {
            @Override
            public void prepare(TestWorld world, OperationId[] id) {
                id[0] = startFailover(world);
                world.awaitState(id[0], RecoveryState.UNCOMMITTED);
            }

            @Override
            public void run(TestWorld world, OperationId[] id) {
                world.lyon.plane().recoveries().rollback(id[0]);
            }

            @Override
            public void check(TestWorld world, OperationId id) {
                RecoveryView view = world.awaitState(id, RecoveryState.ROLLED_BACK);
                assertNothingLeft(world, view);
                assertEquals(1, world.lyon.journals.epoch(view.vpg()), "a rollback fences nobody");
                assertEquals(PowerState.RUNNING, world.paris.hypervisor.power("vm-db"));
                assertEquals(PowerState.RUNNING, world.paris.hypervisor.power("vm-app"));
            }
        });
    }

    @ParameterizedTest
    @EnumSource(
            value = Moment.class,
            names = {"BEFORE", "AFTER"})
    void commit(Moment moment) throws IOException {
        everyPoint(moment, new Scenario() {
            @Override
            public void prepare(TestWorld world, OperationId[] id) {
                id[0] = startFailover(world);
                world.awaitState(id[0], RecoveryState.UNCOMMITTED);
            }

            @Override
            public void run(TestWorld world, OperationId[] id) {
                world.lyon.plane().recoveries().commit(id[0]);
            }

            @Override
            public void check(TestWorld world, OperationId id) {
                RecoveryView view = world.awaitState(id, RecoveryState.COMMITTED);
                assertEquals(
                        2, world.lyon.journals.epoch(view.vpg()), "the epoch grows by one, however often it is tried");
                assertEquals(2, world.lyon.hypervisor.made().size());
                assertTrue(world.lyon.hypervisor.made().values().stream().allMatch(vm -> vm.promoted()));
                assertTrue(world.lyon.journals.leftovers().isEmpty());
                assertEquals(
                        VpgState.FAILED_OVER,
                        world.lyon.plane().vpgs().get("erp").state());
                assertEquals(
                        VpgState.FENCED, world.paris.plane().vpgs().get("erp").state());
            }
        });
    }

    /** A step that fails is undone; the kill comes while it is being undone too. */
    @ParameterizedTest
    @EnumSource(
            value = Moment.class,
            names = {"BEFORE", "AFTER"})
    void failedStart(Moment moment) throws IOException {
        everyPoint(moment, new Scenario() {
            @Override
            public void prepare(TestWorld world, OperationId[] id) {
                world.lyon.hypervisor.failures.order("start", FailureKind.REJECTED, 100);
            }

            @Override
            public void run(TestWorld world, OperationId[] id) {
                id[0] = startTest(world);
            }

            @Override
            public void check(TestWorld world, OperationId id) {
                RecoveryView view = world.awaitState(id, RecoveryState.FAILED);
                assertEquals("start did not work", view.error().orElseThrow().happened());
                assertEquals(
                        TaskState.FAILED,
                        world.lyon.plane().tasks().get(view.task()).state());
                assertNothingLeft(world, view);
            }
        });
    }

    private interface Scenario {
        void prepare(TestWorld world, OperationId[] id);

        void run(TestWorld world, OperationId[] id);

        void check(TestWorld world, OperationId id);
    }

    private void everyPoint(Moment moment, Scenario scenario) throws IOException {
        Set<String> points = new HashSet<>();
        for (int nth = 1; nth < MORE_THAN_THERE_ARE; nth++) {
            Path place = Files.createDirectory(folder.resolve(moment + "-" + nth));
            try (TestWorld world = new TestWorld(place)) {
                world.protect();
                world.checkpoints(2);
                OperationId[] id = new OperationId[1];
                scenario.prepare(world, id);
                world.lyon.crashes.arm(nth, moment);
                scenario.run(world, id);
                Eventually.until(
                        "the task ends or the site dies", () -> world.lyon.crashes.dead() || settled(world, id[0]));
                if (!world.lyon.crashes.dead()) {
                    assertTrue(nth > 3, "there are effects to die at");
                    assertTrue(points.size() >= 3, points.toString());
                    scenario.check(world, id[0]);
                    return;
                }
                points.add(world.lyon.crashes.where());
                world.lyon.restart();
                try {
                    scenario.check(world, id[0]);
                } catch (AssertionError e) {
                    throw new AssertionError("killed " + world.lyon.crashes.where(), e);
                }
            }
        }
        throw new AssertionError("never got through without a kill; points were " + points);
    }

    private static boolean settled(TestWorld world, OperationId id) {
        RecoveryView view = world.lyon.plane().recoveries().get(id);
        return world.lyon.plane().tasks().get(view.task()).state().done();
    }

    private static OperationId startTest(TestWorld world) {
        return world.lyon
                .plane()
                .recoveries()
                .start(StartRecovery.test("erp", new CheckpointSelector.Latest()))
                .id();
    }

    private static OperationId startFailover(TestWorld world) {
        return world.lyon
                .plane()
                .recoveries()
                .start(StartRecovery.failover("erp", new CheckpointSelector.Latest(), SourceShutdown.GRACEFUL))
                .id();
    }

    private static void assertRuns(TestWorld world, OperationId id, int vms) {
        RecoveryView view = world.lyon.plane().recoveries().get(id);
        assertEquals(vms, world.lyon.hypervisor.made().size());
        view.vms()
                .forEach(vm -> assertEquals(
                        PowerState.RUNNING,
                        world.lyon.hypervisor.power(vm.id().orElseThrow().value())));
        Eventually.until(
                "the volumes are served",
                () -> world.lyon.journals.served().keySet().equals(Set.of(id)));
        CheckpointId checkpoint = view.checkpoint().orElseThrow().id();
        assertEquals(Set.of(checkpoint), world.lyon.journals.pinned(view.vpg()));
    }

    private static void assertNothingLeft(TestWorld world, RecoveryView view) {
        assertTrue(world.lyon.hypervisor.made().isEmpty());
        assertTrue(world.lyon.journals.leftovers().isEmpty());
        assertTrue(world.lyon.journals.pinned(view.vpg()).isEmpty());
    }
}
