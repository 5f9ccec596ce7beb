package io.tidemark.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.control.checkpoint.CheckpointQuery;
import io.tidemark.control.checkpoint.CheckpointSelector;
import io.tidemark.control.checkpoint.CheckpointView;
import io.tidemark.control.dataplane.CheckpointKind;
import io.tidemark.control.dataplane.JournalStore.Access;
import io.tidemark.control.event.AlertView;
import io.tidemark.control.recovery.RecoveryState;
import io.tidemark.control.recovery.RecoveryView;
import io.tidemark.control.recovery.SourceShutdown;
import io.tidemark.control.recovery.StartRecovery;
import io.tidemark.control.recovery.TestResult;
import io.tidemark.control.report.VpgStatistics;
import io.tidemark.control.task.StepState;
import io.tidemark.control.task.StepView;
import io.tidemark.control.task.TaskState;
import io.tidemark.control.task.TaskView;
import io.tidemark.control.testkit.Eventually;
import io.tidemark.control.testkit.TestWorld;
import io.tidemark.control.vpg.VpgRole;
import io.tidemark.control.vpg.VpgState;
import io.tidemark.control.vpg.VpgView;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two sites, from pairing to a committed failover. */
class WholeFlowTest {
    private TestWorld world;

    @BeforeEach
    void open(@TempDir Path folder) {
        world = new TestWorld(folder);
    }

    @AfterEach
    void close() {
        world.close();
    }

    @Test
    void protectTagTestFailOverCommit() {
        VpgView created = world.protect();
        assertEquals(VpgRole.PROTECTED, created.role());
        assertEquals("hv-lyon", created.recoveryHypervisor());
        world.checkpoints(3);
        CheckpointView tagged = world.paris.plane().checkpoints().tag("erp", "before patch");
        world.checkpoints(2);

        VpgView source = world.paris.plane().vpgs().get("ERP");
        assertEquals(VpgState.PROTECTED, source.state());
        assertEquals(Optional.of(Duration.ZERO), source.rpo());
        Eventually.until("Lyon heard of the members", () -> {
            world.time.advance(Duration.ofSeconds(5));
            return world.lyon.plane().vpgs().get("erp").state() == VpgState.PROTECTED;
        });

        testAndStop(tagged);
        failOverAndCommit(tagged);

        assertEquals(VpgState.FENCED, world.paris.plane().vpgs().get("erp").state());
        assertEquals(VpgState.FAILED_OVER, world.lyon.plane().vpgs().get("erp").state());
        assertTrue(world.paris.engine.running().isEmpty());
        List<String> alerts = world.paris.plane().events().alerts().stream()
                .map(AlertView::code)
                .toList();
        assertTrue(alerts.contains("TDM-A01"), alerts.toString());
        assertEquals(2, world.lyon.journals.epoch(created.id()));
        int before = world.known().size();
        world.checkpoints(3);
        assertEquals(before, world.known().size(), "a fenced source makes no checkpoints");
    }

    private void testAndStop(CheckpointView tagged) {
        RecoveryView test = world.lyon
                .plane()
                .recoveries()
                .start(StartRecovery.test("erp", new CheckpointSelector.ByTag("before patch")));
        test = world.awaitState(test.id(), RecoveryState.TESTING);
        assertEquals(tagged.id(), test.checkpoint().orElseThrow().id());
        String suffix = "-test-" + test.id().toString().substring(0, 8);
        assertEquals(
                Set.of("db" + suffix, "app" + suffix),
                world.lyon.hypervisor.made().keySet());
        var db = Objects.requireNonNull(world.lyon.hypervisor.made().get("db" + suffix));
        assertEquals(Purpose.TEST, db.spec().purpose());
        assertEquals(2, db.spec().disks().size());
        assertEquals(
                "<db/>", db.spec().hardware().nativeDefinition().orElseThrow().document());
        assertEquals(Access.SCRATCH, accessOf(test));
        assertTrue(world.lyon.plane().vpgs().get("erp").testing());
        assertEquals(Set.of(tagged.id()), world.lyon.journals.pinned(test.vpg()));
        assertTrue(test.recoveryTime().isPresent());
        TaskView task = world.lyon.plane().tasks().get(test.task());
        assertEquals(
                List.of("Choose checkpoint", "Pin checkpoint", "Serve volumes", "Create VMs", "Start VMs"),
                task.steps().stream().map(StepView::title).toList());
        assertTrue(task.steps().stream()
                .allMatch(step ->
                        step.state() == StepState.SUCCEEDED && step.duration().isPresent()));

        int before = world.known().size();
        world.checkpoints(2);
        assertEquals(before + 2, world.known().size(), "replication goes on during a test");

        world.lyon.plane().recoveries().stop(test.id(), TestResult.PASSED, "ledger complete");
        RecoveryView stopped = world.awaitState(test.id(), RecoveryState.STOPPED);
        assertEquals(Optional.of(TestResult.PASSED), stopped.result());
        assertEquals("ledger complete", stopped.note());
        assertTrue(world.lyon.hypervisor.made().isEmpty());
        assertTrue(world.lyon.journals.leftovers().isEmpty());
        assertTrue(world.lyon.journals.pinned(test.vpg()).isEmpty());
        assertFalse(world.lyon.plane().vpgs().get("erp").testing());
    }

    private void failOverAndCommit(CheckpointView tagged) {
        RecoveryView failover = world.lyon
                .plane()
                .recoveries()
                .start(StartRecovery.failover("erp", new CheckpointSelector.ById(tagged.id()), SourceShutdown.NONE));
        world.awaitState(failover.id(), RecoveryState.UNCOMMITTED);
        assertEquals(
                VpgState.FAILED_OVER_UNCOMMITTED,
                world.lyon.plane().vpgs().get("erp").state());
        assertEquals(Set.of("db", "app"), world.lyon.hypervisor.made().keySet());
        world.lyon.plane().recoveries().commit(failover.id());
        RecoveryView committed = world.awaitState(failover.id(), RecoveryState.COMMITTED);
        assertEquals(2, committed.tasks().size());
        assertTrue(world.lyon.hypervisor.made().values().stream().allMatch(vm -> vm.promoted()));
        assertTrue(world.lyon.journals.leftovers().isEmpty());
        assertEquals(
                ErrorCode.RECOVERY_STATE,
                assertThrows(
                                ControlException.class,
                                () -> world.lyon.plane().recoveries().rollback(failover.id()))
                        .errorCode());
    }

    @Test
    void everythingCanBeAskedOfTheProtectedSite() {
        world.protect();
        world.checkpoints(3);
        ControlPlane paris = world.paris.plane();
        CheckpointView tagged = world.lyon.plane().checkpoints().tag("erp", "asked at Lyon");
        assertEquals(CheckpointKind.TAGGED, tagged.kind());
        assertEquals(
                4,
                paris.checkpoints()
                        .list("erp", CheckpointQuery.newest(10))
                        .items()
                        .size());
        assertTrue(paris.checkpoints().pin("erp", tagged.id()).pinned());
        assertEquals(
                Set.of(tagged.id()),
                world.lyon.journals.pinned(paris.vpgs().get("erp").id()));
        assertFalse(paris.checkpoints().unpin("erp", tagged.id()).pinned());

        StartRecovery request = StartRecovery.test("erp", new CheckpointSelector.Latest());
        assertEquals(tagged.id(), paris.recoveries().plan(request).checkpoint().id());
        RecoveryView test = paris.recoveries().start(request);
        TaskView started = paris.tasks().await(test.task(), Duration.ofSeconds(20));
        assertEquals(TaskState.SUCCEEDED, started.state());
        assertEquals(RecoveryState.TESTING, paris.recoveries().get(test.id()).state());
        assertEquals(1, paris.recoveries().list(Optional.of("erp")).size());
        assertEquals(1, paris.recoveries().list(Optional.empty()).size());
        RecoveryView stopping = paris.recoveries().stop(test.id(), TestResult.FAILED, "");
        assertEquals(
                TaskState.SUCCEEDED,
                paris.tasks().await(stopping.task(), Duration.ofSeconds(20)).state());

        RecoveryView failover = paris.recoveries()
                .start(StartRecovery.failover("erp", new CheckpointSelector.Latest(), SourceShutdown.NONE));
        paris.tasks().await(failover.task(), Duration.ofSeconds(20));
        RecoveryView back = paris.recoveries().rollback(failover.id());
        paris.tasks().await(back.task(), Duration.ofSeconds(20));
        assertEquals(
                RecoveryState.ROLLED_BACK, paris.recoveries().get(failover.id()).state());
    }

    @Test
    void recoveryStartedAtTheOtherSiteIsFoundWithoutHavingBeenForwarded() {
        world.protect();
        world.checkpoints(1);
        RecoveryView test =
                world.lyon.plane().recoveries().start(StartRecovery.test("erp", new CheckpointSelector.Latest()));
        world.awaitState(test.id(), RecoveryState.TESTING);
        assertEquals(
                RecoveryState.TESTING,
                world.paris.plane().recoveries().get(test.id()).state());
        Eventually.until("Paris heard of the test", () -> {
            world.time.advance(Duration.ofSeconds(5));
            return world.paris.plane().vpgs().get("erp").testing();
        });
    }

    @Test
    void readOnlyViewsForTargetsThatOwnTheirScratch() {
        world.lyon.hypervisor.offers(Capability.RECOVERY_OWNS_SCRATCH);
        world.protect();
        world.checkpoints(1);
        RecoveryView test =
                world.lyon.plane().recoveries().start(StartRecovery.test("erp", new CheckpointSelector.Latest()));
        world.awaitState(test.id(), RecoveryState.TESTING);
        assertEquals(Access.READ_ONLY, accessOf(test));
    }

    @Test
    void takenNamesAreAvoidedInALiveFailover() {
        world.lyon.hypervisor.add("other", "db", 1);
        world.lyon.hypervisor.add("other-2", "app", 1);
        world.lyon.hypervisor.add("other-3", "app-recovered", 1);
        world.protect();
        world.checkpoints(1);
        RecoveryView failover = world.lyon
                .plane()
                .recoveries()
                .start(StartRecovery.failover("erp", new CheckpointSelector.Latest(), SourceShutdown.NONE));
        world.awaitState(failover.id(), RecoveryState.UNCOMMITTED);
        String shortId = failover.id().toString().substring(0, 8);
        assertEquals(
                Set.of("db-recovered", "app-recovered-" + shortId),
                world.lyon.hypervisor.made().keySet());
    }

    @Test
    void figuresAreMeasured() {
        world.protect();
        world.checkpoints(20);
        VpgStatistics figures = world.paris.plane().statistics().of("erp");
        assertEquals(20, figures.checkpointsCut());
        assertEquals(20, figures.checkpointsDurable());
        assertEquals(20, figures.holdNanos().samples());
        assertEquals(20_000, figures.holdNanos().max());
        assertEquals(10_000, figures.holdNanos().p50());
        assertTrue(figures.rpoMillis().samples() >= 90);
        assertTrue(figures.rpoMillis().max() <= 5_000, figures.toString());
        assertTrue(world.lyon.plane().statistics().of("erp").rpoMillis().samples() >= 90);
    }

    private Access accessOf(RecoveryView recovery) {
        return Objects.requireNonNull(world.lyon.journals.served().get(recovery.id()), "nothing is served")
                .access();
    }
}
