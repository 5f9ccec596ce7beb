package io.tidemark.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.control.checkpoint.CheckpointSelector;
import io.tidemark.control.checkpoint.CheckpointView;
import io.tidemark.control.dataplane.JournalPolicy;
import io.tidemark.control.dataplane.JournalPolicy.Limits;
import io.tidemark.control.dataplane.JournalPolicy.Tier;
import io.tidemark.control.dataplane.JournalPolicy.WhenFull;
import io.tidemark.control.dataplane.JournalStore.Intake;
import io.tidemark.control.dataplane.JournalStore.JournalRoom;
import io.tidemark.control.event.AlertCode;
import io.tidemark.control.recovery.StartRecovery;
import io.tidemark.control.task.TaskId;
import io.tidemark.control.task.TaskState;
import io.tidemark.control.task.TaskView;
import io.tidemark.control.testkit.Eventually;
import io.tidemark.control.testkit.TestSite;
import io.tidemark.control.testkit.TestWorld;
import io.tidemark.control.vpg.PolicyChange;
import io.tidemark.control.vpg.VpgPolicy;
import io.tidemark.control.vpg.VpgView;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the journals of a VPG may take: how it is changed, where it arrives, and what people are told. */
class JournalPolicyTest {
    private static final long GIB = 1L << 30;
    private static final List<Tier> TIERS = List.of(
            new Tier(Duration.ofHours(1), Duration.ofMinutes(1)), new Tier(Duration.ofDays(1), Duration.ofMinutes(15)));

    private TestWorld world;
    private VpgView erp;

    @BeforeEach
    void open(@TempDir Path folder) {
        world = new TestWorld(folder);
        erp = world.protect();
        world.checkpoints(3);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private static PolicyChange limit(long bytes, WhenFull whenFull) {
        return new PolicyChange(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(bytes),
                Optional.of(whenFull),
                Optional.empty());
    }

    private static PolicyChange thinning(List<Tier> tiers) {
        return new PolicyChange(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(tiers));
    }

    private static VpgPolicy policyAt(TestSite site) {
        return site.plane().vpgs().get("erp").policy();
    }

    @Test
    void aChangeReachesBothCatalogsAndTheJournals() {
        world.paris.plane().vpgs().update("erp", limit(50 * GIB, WhenFull.STOP));
        world.lyon.plane().vpgs().update("erp", thinning(TIERS));

        Limits wanted = new Limits(Optional.of(50 * GIB), WhenFull.STOP, TIERS);
        assertEquals(wanted, policyAt(world.paris).journalLimits());
        assertEquals(wanted, policyAt(world.lyon).journalLimits());
        JournalPolicy told = new JournalPolicy(Duration.ofHours(24), wanted);
        assertEquals(told, world.lyon.journals.limitedTo(erp.id()));
        // Without waiting for the next turn, and so without the time going on.
        Eventually.until(
                "aged by it", () -> world.lyon.journals.agedBy(erp.id()).equals(told));

        world.paris.restart();
        world.lyon.restart();
        assertEquals(wanted, policyAt(world.paris).journalLimits(), "persisted");
        assertEquals(wanted, policyAt(world.lyon).journalLimits(), "persisted");
        world.paris.plane().vpgs().update("erp", limit(PolicyChange.NO_LIMIT, WhenFull.SHORTEN));
        assertEquals(Optional.empty(), policyAt(world.lyon).journalLimits().maxBytes());
        assertEquals(TIERS, policyAt(world.lyon).journalLimits().thinning(), "what is not named stays");
    }

    @Test
    void aRecoverySiteThatIsAwayIsToldWhenItIsBack() {
        world.cutLink();
        world.paris.plane().vpgs().update("erp", limit(GIB, WhenFull.SLOW));
        assertEquals(Optional.of(GIB), policyAt(world.paris).journalLimits().maxBytes());
        assertEquals(Optional.empty(), policyAt(world.lyon).journalLimits().maxBytes());
        world.mendLink();
        Eventually.until(
                () -> "Lyon is told",
                () -> policyAt(world.lyon).equals(policyAt(world.paris)),
                () -> world.time.advance(Duration.ofSeconds(5)));
    }

    @Test
    void everythingThatIsWrongIsNamedAndNothingIsChanged() {
        ControlException refusal = assertThrows(ControlException.class, () -> world.lyon
                .plane()
                .vpgs()
                .update(
                        "erp",
                        new PolicyChange(
                                Optional.of(61),
                                Optional.of(Duration.ofDays(31)),
                                Optional.empty(),
                                Optional.of(1L),
                                Optional.empty(),
                                Optional.of(TIERS.reversed()))));
        assertEquals(ErrorCode.REQUEST_INVALID, refusal.errorCode());
        assertEquals(
                List.of(
                        "/checkpointIntervalSeconds",
                        "/journalHistory",
                        "/journalLimitBytes",
                        "/thinning/1/olderThanSeconds",
                        "/thinning/1/keepOneEverySeconds"),
                refusal.fieldErrors().stream().map(FieldError::pointer).toList());
        assertEquals(VpgPolicy.DEFAULT, policyAt(world.paris));
    }

    @Test
    void aNewIntervalIsKeptAtOnce() {
        int before = world.known().size();
        world.paris
                .plane()
                .vpgs()
                .update(
                        "erp",
                        new PolicyChange(
                                Optional.of(1),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty()));
        world.time.advance(Duration.ofSeconds(10));
        assertEquals(before + 10, world.known().size());
    }

    private void room(Optional<Duration> fitting, Intake intake, long damaged) {
        world.lyon.journals.room(
                erp.id(),
                new JournalRoom(
                        9 * GIB,
                        Optional.of(10 * GIB),
                        Duration.ofHours(6),
                        Optional.of(GIB),
                        fitting,
                        fitting.map(time -> Duration.ofHours(1)),
                        intake,
                        damaged));
        // A sample at the recovery site, and a heartbeat to the protected one.
        world.time.advance(Duration.ofSeconds(5));
    }

    private Optional<String> alert(TestSite site, AlertCode code) {
        return site.plane().events().alerts().stream()
                .filter(alert -> alert.code().equals(code.code()))
                .map(alert -> alert.text())
                .findFirst();
    }

    private void assertToldAtBothSites(AlertCode code, String part) {
        for (TestSite site : List.of(world.lyon, world.paris)) {
            Eventually.until(
                    () -> code + " at " + site.name(),
                    () -> alert(site, code).isPresent(),
                    () -> world.time.advance(Duration.ofSeconds(1)));
            String text = alert(site, code).orElseThrow();
            assertTrue(text.contains(part), text);
            assertTrue(text.contains("tidemark vpg update erp --journal-limit"), text);
        }
    }

    @Test
    void alertsComeBeforeHistoryShrinksAndWhenAJournalIsFullAndEndByThemselves() {
        world.paris.plane().vpgs().update("erp", limit(10 * GIB, WhenFull.SHORTEN));
        room(Optional.of(Duration.ofHours(9)), Intake.OPEN, 0);
        assertToldAtBothSites(AlertCode.HISTORY_WILL_SHRINK, "shrink to about 9 h of the 24 h wanted");
        room(Optional.of(Duration.ofHours(25)), Intake.OPEN, 0);
        assertTrue(alert(world.lyon, AlertCode.HISTORY_WILL_SHRINK).isPresent(), "hardly enough does not end it");
        room(Optional.of(Duration.ofHours(47)), Intake.OPEN, 0);
        assertFalse(alert(world.lyon, AlertCode.HISTORY_WILL_SHRINK).isPresent());

        room(Optional.empty(), Intake.SLOWED, 0);
        assertToldAtBothSites(AlertCode.JOURNAL_SLOWED, "the VMs are not slowed down");
        room(Optional.empty(), Intake.STOPPED, 0);
        assertToldAtBothSites(AlertCode.JOURNAL_FULL, "no checkpoints are made");
        assertFalse(alert(world.lyon, AlertCode.JOURNAL_SLOWED).isPresent());
        room(Optional.empty(), Intake.OPEN, 0);
        Eventually.until(
                () -> "alerts end at both sites",
                () -> alert(world.paris, AlertCode.JOURNAL_FULL).isEmpty()
                        && alert(world.lyon, AlertCode.JOURNAL_FULL).isEmpty(),
                () -> world.time.advance(Duration.ofSeconds(1)));
    }

    @Test
    void aScrubFindsTheCheckpointsThatCannotBeChosen() {
        CheckpointView middle = world.known().get(1);
        world.lyon.journals.rot(erp.id(), middle.id());
        TaskId task = world.paris.plane().vpgs().scrub("erp");
        TaskView done = world.paris.plane().tasks().await(task, Duration.ofSeconds(20));
        assertEquals(TaskState.SUCCEEDED, done.state(), done::toString);
        assertEquals(
                List.of("Read the journal of VM 'db'", "Read the journal of VM 'app'", "Judge checkpoints"),
                done.steps().stream().map(step -> step.title()).toList());
        assertTrue(done.steps().getFirst().message().contains("/j/7.seg at byte 4096: bad checksum"), done::toString);
        assertTrue(done.steps().getLast().message().startsWith("1 checkpoints cannot be chosen"), done::toString);

        CheckpointView damaged = world.paris.plane().checkpoints().get("erp", middle.id());
        assertTrue(damaged.damage().orElse("").contains("damaged in the journal of VM vm-db"), damaged::toString);
        assertEquals(damaged, world.known().get(1), "listed in its place");
        ControlException refusal = assertThrows(ControlException.class, () -> world.lyon
                .plane()
                .recoveries()
                .start(StartRecovery.test("erp", new CheckpointSelector.ById(middle.id()))));
        assertEquals(ErrorCode.CHECKPOINT_DAMAGED, refusal.errorCode());
    }

    @Test
    void journalsAreScrubbedOnceAWeek() {
        Eventually.until(
                () -> "a scrub after a week", () -> scrubs() == 1, () -> world.time.advance(Duration.ofHours(4)));
        Duration past = Duration.between(erp.createdAt(), lastTask("vpg.scrub").createdAt());
        assertTrue(past.compareTo(Duration.ofDays(7)) >= 0, past::toString);
        assertTrue(past.compareTo(Duration.ofDays(8)) < 0, past::toString);
    }

    private long scrubs() {
        return world.lyon.plane().tasks().list(Optional.empty(), 100).items().stream()
                .filter(task -> task.kind().equals("vpg.scrub"))
                .count();
    }

    private TaskView lastTask(String kind) {
        return world.lyon.plane().tasks().list(Optional.empty(), 100).items().stream()
                .filter(task -> task.kind().equals(kind))
                .findFirst()
                .orElseThrow();
    }
}
