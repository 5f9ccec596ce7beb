package io.tidemark.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.control.checkpoint.CheckpointSelector;
import io.tidemark.control.recovery.RecoveryState;
import io.tidemark.control.recovery.RecoveryType;
import io.tidemark.control.recovery.RecoveryView;
import io.tidemark.control.recovery.SourceShutdown;
import io.tidemark.control.recovery.StartRecovery;
import io.tidemark.control.recovery.TestResult;
import io.tidemark.control.task.TaskState;
import io.tidemark.control.testkit.Eventually;
import io.tidemark.control.testkit.FakeStaging;
import io.tidemark.control.testkit.FakeStaging.Staged;
import io.tidemark.control.testkit.TestWorld;
import io.tidemark.control.vpg.DeleteVpg;
import io.tidemark.control.vpg.StagingView;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.recovery.ChangesSince;
import io.tidemark.spi.recovery.PreflightReport;
import io.tidemark.spi.recovery.PreflightReport.Finding;
import io.tidemark.spi.recovery.PreflightReport.Severity;
import io.tidemark.spi.recovery.RecoveryOrigin;
import io.tidemark.spi.recovery.StagedPoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints are brought to the recovery target ahead of a recovery, and a recovery begins there. */
class StagingTest {
    static final int VOLUMES = 3;

    @TempDir
    private Path folder;

    @Test
    void the_newest_checkpoint_is_staged_each_cadence_as_the_difference_to_the_one_before() {
        try (TestWorld world = world(folder)) {
            VpgId vpg = world.paris.plane().vpgs().get("erp").id();
            awaitStaged(world, VOLUMES);
            CheckpointId first =
                    world.lyon.hypervisor.staging.points().getFirst().checkpoint();
            assertTrue(world.lyon.hypervisor.staging.calls().stream()
                    .allMatch(call -> call.changes().isEmpty()));
            assertEquals(Set.of(first), world.lyon.journals.pinned(vpg), "what is staged is kept from ageing");
            StagingView view = world.lyon.plane().vpgs().get("erp").staging().orElseThrow();
            assertEquals(first, view.newest().orElseThrow().id());
            assertEquals("", view.problem());

            world.time.advance(FakeStaging.CADENCE.minusSeconds(6));
            assertEquals(VOLUMES, world.lyon.hypervisor.staging.calls().size(), "not more often than the cadence");
            awaitStaged(world, 2 * VOLUMES);
            List<Staged> second = world.lyon.hypervisor.staging.calls().subList(VOLUMES, 2 * VOLUMES);
            CheckpointId later = second.getFirst().checkpoint();
            for (Staged call : second) {
                ChangesSince changes = call.changes().orElseThrow();
                assertEquals(first, changes.base().checkpoint());
                assertEquals(
                        4096 * (later.value() - first.value()),
                        changes.extents().orElseThrow().stream()
                                .mapToLong(BlockExtent::lengthBytes)
                                .sum());
            }
            Eventually.until(
                    "only the newest staged checkpoint is kept",
                    () -> world.lyon.journals.pinned(vpg).equals(Set.of(later)));
            assertEquals(0, world.lyon.journals.openViews());
            // The protected site hears of it with the next heartbeat.
            Eventually.until(
                    () -> "paris tells of it: "
                            + world.paris.plane().vpgs().get("erp").staging(),
                    () -> world.paris.plane().vpgs().get("erp").staging().stream()
                            .flatMap(staging -> staging.newest().stream())
                            .anyMatch(newest -> newest.id().equals(later)),
                    () -> world.time.advance(Duration.ofSeconds(1)));
        }
    }

    @Test
    void a_pin_of_a_person_outlives_staging() {
        try (TestWorld world = world(folder)) {
            VpgId vpg = world.paris.plane().vpgs().get("erp").id();
            awaitStaged(world, VOLUMES);
            CheckpointId first =
                    world.lyon.hypervisor.staging.points().getFirst().checkpoint();
            world.lyon.plane().checkpoints().pin("erp", first);
            awaitStaged(world, 2 * VOLUMES);
            CheckpointId second =
                    world.lyon.hypervisor.staging.points().getLast().checkpoint();
            Eventually.until(
                    "both are kept", () -> world.lyon.journals.pinned(vpg).equals(Set.of(first, second)));
            assertTrue(world.lyon.plane().checkpoints().unpin("erp", second).pinned(), "staging still wants it");
            assertFalse(world.lyon.plane().checkpoints().unpin("erp", first).pinned());
        }
    }

    @Test
    void failures_are_tried_again_with_pauses_told_and_end_by_themselves() {
        try (TestWorld world = world(folder)) {
            world.lyon.hypervisor.failures.order("stage", FailureKind.UNREACHABLE, 3);
            Eventually.until(
                    () -> "an alert is raised",
                    () -> alerts(world).contains("TDM-A15"),
                    () -> world.time.advance(Duration.ofSeconds(1)));
            String problem =
                    world.lyon.plane().vpgs().get("erp").staging().orElseThrow().problem();
            assertTrue(problem.contains("stage did not work"), problem);
            awaitStaged(world, VOLUMES);
            Eventually.until("the alert ends", () -> !alerts(world).contains("TDM-A15"));
            assertEquals(
                    "",
                    world.lyon.plane().vpgs().get("erp").staging().orElseThrow().problem());
        }
    }

    @Test
    void a_target_that_needs_several_calls_for_a_volume_is_asked_again_without_an_alert() {
        try (TestWorld world = world(folder)) {
            // The first run may be under way already; then it is the second one that is slow.
            world.lyon.hypervisor.staging.slow(2);
            awaitStaged(world, 2 * VOLUMES);
            assertFalse(alerts(world).contains("TDM-A15"));
            assertTrue(
                    world.lyon.plane().events().list(Optional.empty(), Optional.empty(), 100).items().stream()
                            .noneMatch(event -> event.text().contains("is not staged")),
                    "nobody was alarmed");
        }
    }

    @Test
    void deleting_the_vpg_removes_what_is_staged_and_waits_for_a_target_that_does_not_answer() {
        try (TestWorld world = world(folder)) {
            awaitStaged(world, VOLUMES);
            world.lyon.hypervisor.failures.order("forgetAll", FailureKind.UNREACHABLE, 2);
            var task = world.paris.plane().vpgs().delete("erp", DeleteVpg.EVERYTHING);
            Eventually.until(
                    () -> "the deletion ends: " + world.paris.plane().tasks().get(task),
                    () -> world.paris.plane().tasks().get(task).state() == TaskState.SUCCEEDED,
                    () -> world.time.advance(Duration.ofSeconds(1)));
            assertEquals(List.of(), world.lyon.hypervisor.staging.points());
            assertEquals(List.of(), world.lyon.plane().vpgs().list());
            world.time.advance(FakeStaging.CADENCE.multipliedBy(2));
            assertEquals(List.of(), world.lyon.hypervisor.staging.points(), "nothing is staged after that");
        }
    }

    @Test
    void a_recovery_begins_on_the_staged_point_from_which_the_least_is_to_be_written() {
        try (TestWorld world = world(folder)) {
            awaitStaged(world, VOLUMES);
            awaitStaged(world, 2 * VOLUMES);
            List<StagedPoint> points = world.lyon.hypervisor.staging.points();
            CheckpointId older = points.getFirst().checkpoint();
            CheckpointId newer = points.getLast().checkpoint();
            assertTrue(newer.value() - older.value() >= 3, older + " and " + newer);
            Eventually.until(
                    () -> "there is a newer checkpoint",
                    () -> world.known().getFirst().id().compareTo(newer) > 0,
                    () -> world.time.advance(Duration.ofSeconds(1)));
            for (CheckpointId wanted : List.of(
                    older,
                    new CheckpointId(older.value() + 1),
                    new CheckpointId(newer.value() - 1),
                    new CheckpointId(newer.value() + 1))) {
                CheckpointId nearest =
                        wanted.value() - older.value() <= Math.abs(newer.value() - wanted.value()) ? older : newer;
                OperationId id = world.lyon
                        .plane()
                        .recoveries()
                        .start(StartRecovery.test("erp", new CheckpointSelector.ById(wanted)))
                        .id();
                RecoveryView view = world.awaitState(id, RecoveryState.TESTING);
                int disks = 0;
                for (var vm : view.vms()) {
                    RecoveryOrigin origin = Objects.requireNonNull(
                            world.lyon.hypervisor.staging.origins().get(vm.id().orElseThrow()));
                    for (RecoveryOrigin.DiskOrigin disk : origin.disks()) {
                        assertEquals(wanted, disk.checkpoint());
                        ChangesSince changes = disk.changes().orElseThrow();
                        assertEquals(nearest, changes.base().checkpoint());
                        assertEquals(disk.volume(), changes.base().volume());
                        assertEquals(
                                4096 * Math.abs(nearest.value() - wanted.value()),
                                changes.extents().orElseThrow().stream()
                                        .mapToLong(BlockExtent::lengthBytes)
                                        .sum());
                        disks++;
                    }
                }
                assertEquals(VOLUMES, disks);
                String told = world.lyon.plane().tasks().get(view.task()).steps().stream()
                        .filter(step -> step.title().equals("Create VMs"))
                        .findFirst()
                        .orElseThrow()
                        .message();
                assertTrue(told.contains("3 disks from what was staged"), told);
                world.lyon.plane().recoveries().stop(id, TestResult.PASSED, "");
                world.awaitState(id, RecoveryState.STOPPED);
                assertTrue(world.lyon.hypervisor.made().isEmpty());
            }
        }
    }

    @Test
    void after_a_commit_nothing_stays_staged_and_the_vms_stay() {
        try (TestWorld world = world(folder)) {
            awaitStaged(world, VOLUMES);
            OperationId id = world.lyon
                    .plane()
                    .recoveries()
                    .start(StartRecovery.failover("erp", new CheckpointSelector.Latest(), SourceShutdown.NONE))
                    .id();
            world.awaitState(id, RecoveryState.UNCOMMITTED);
            world.lyon.plane().recoveries().commit(id);
            RecoveryView view = world.awaitState(id, RecoveryState.COMMITTED);
            Eventually.until(
                    () -> "nothing is staged any more",
                    () -> world.lyon.hypervisor.staging.points().isEmpty()
                            && world.lyon.journals.pinned(view.vpg()).isEmpty(),
                    () -> world.time.advance(Duration.ofSeconds(1)));
            assertEquals(2, world.lyon.hypervisor.made().size());
        }
    }

    @Test
    void a_preflight_refuses_with_everything_at_once_and_its_warnings_are_shown() {
        try (TestWorld world = world(folder)) {
            world.lyon.hypervisor.staging.finds(new PreflightReport(
                    List.of(
                            new Finding(Severity.ERROR, "db", "too many disks", "Take some away."),
                            new Finding(Severity.ERROR, "network", "no such network", "Make it."),
                            new Finding(Severity.WARNING, "app", "boots slowly", "Be patient.")),
                    "the whole report"));
            StartRecovery request = StartRecovery.test("erp", new CheckpointSelector.Latest());
            for (ControlPlane site : List.of(world.lyon.plane(), world.paris.plane())) {
                for (boolean dry : List.of(true, false)) {
                    ControlException refused = assertThrows(ControlException.class, () -> {
                        var _ = dry
                                ? site.recoveries().plan(request)
                                : site.recoveries().start(request);
                    });
                    assertEquals("TDM-1604", refused.code());
                    assertEquals(2, refused.fieldErrors().size(), refused.toString());
                    assertTrue(refused.why().contains("too many disks"), refused.why());
                    assertTrue(refused.why().contains("no such network"), refused.why());
                }
                assertEquals(
                        "the whole report",
                        site.recoveries()
                                .preflight("erp", RecoveryType.TEST)
                                .orElseThrow()
                                .text());
            }
            assertEquals(List.of(), world.lyon.plane().recoveries().list(Optional.of("erp")));
            ControlException notCreated = assertThrows(
                    ControlException.class, () -> world.paris.plane().vpgs().plan(TestWorld.request("crm", "app")));
            assertEquals("TDM-1604", notCreated.code());

            world.lyon.hypervisor.staging.finds(new PreflightReport(
                    List.of(new Finding(Severity.WARNING, "app", "boots slowly", "Be patient.")), "mostly well"));
            assertEquals(
                    List.of("app: boots slowly. Be patient."),
                    world.paris.plane().recoveries().plan(request).warnings());
            assertTrue(world.paris
                    .plane()
                    .vpgs()
                    .plan(TestWorld.request("crm", "app"))
                    .warnings()
                    .contains("app: boots slowly. Be patient."));

            world.lyon.hypervisor.failures.order("preflight", FailureKind.UNREACHABLE, 1);
            OperationId id = world.lyon.plane().recoveries().start(request).id();
            world.awaitState(id, RecoveryState.TESTING);
        }
    }

    static TestWorld world(Path folder) {
        TestWorld world = new TestWorld(folder);
        world.lyon.hypervisor.stages();
        world.protect();
        world.checkpoints(2);
        return world;
    }

    static void awaitStaged(TestWorld world, int points) {
        Eventually.until(
                () -> points + " points are staged: " + world.lyon.hypervisor.staging.points(),
                () -> world.lyon.hypervisor.staging.points().size() >= points
                        && world.lyon.plane().vpgs().get("erp").staging().stream()
                                .flatMap(view -> view.newest().stream())
                                .anyMatch(newest -> newest.id()
                                        .equals(world.lyon
                                                .hypervisor
                                                .staging
                                                .points()
                                                .getLast()
                                                .checkpoint())),
                () -> world.time.advance(Duration.ofMillis(200)));
    }

    private static List<String> alerts(TestWorld world) {
        return world.lyon.plane().events().alerts().stream()
                .map(alert -> alert.code())
                .toList();
    }
}
