package io.tidemark.control.vpg;

import io.tidemark.control.ErrorCode;
import io.tidemark.control.task.TaskId;
import io.tidemark.control.task.TaskLog;
import io.tidemark.control.task.TaskRunner;
import io.tidemark.control.task.TaskState;
import io.tidemark.control.task.TaskTarget;
import io.tidemark.control.task.TaskView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Scrubs the journals that this site keeps: when asked, and each VPG once a week, one VPG at a time. When the last one was is known from the
 * tasks. Safe for use by several threads.
 */
final class JournalScrubs {
    static final String SCRUB = "vpg.scrub";
    private static final Duration SCRUB_EACH = Duration.ofDays(7);
    private static final Duration LOOK_EACH = Duration.ofHours(1);

    private final VpgContext context;
    private final VpgRegistry registry;
    private final TaskLog tasks;
    private final TaskRunner runner;

    JournalScrubs(VpgContext context, VpgRegistry registry, TaskLog tasks, TaskRunner runner) {
        this.context = context;
        this.registry = registry;
        this.tasks = tasks;
        this.runner = runner;
    }

    /** Begins a scrub, or finds the one that runs; {@code VPG_STATE} when the journals are not open. */
    TaskId start(Vpg vpg) {
        return vpg.mailbox().call(() -> {
            if (!vpg.custody().map(Custody::open).orElse(false) || vpg.lifecycle() == VpgLifecycle.DELETING) {
                throw ErrorCode.VPG_STATE.because(
                        "The journals of VPG '" + vpg.name() + "' were not scrubbed",
                        vpg.custody().isEmpty() ? "they are kept at the other site" : "they are not open",
                        "See the alerts for why, or wait until this site has started.");
            }
            Optional<TaskView> running = running(vpg);
            if (running.isPresent()) {
                return running.get().id();
            }
            TaskTarget target = new TaskTarget("vpg", vpg.id().toString(), vpg.name());
            TaskId made = tasks.create(SCRUB, target, ScrubProgram.titles(vpg));
            runner.launch(made, new ScrubProgram(vpg, context, tasks));
            return made;
        });
    }

    /** Goes on after a start of the site. */
    void resume(Vpg vpg) {
        running(vpg).ifPresent(task -> runner.launch(task.id(), new ScrubProgram(vpg, context, tasks)));
    }

    /** Begins to look from time to time for the VPG that is due. */
    void schedule() {
        context.timer().every(LOOK_EACH, () -> Thread.ofVirtual()
                .name("control-scrub-schedule")
                .start(this::startWhatIsDue));
    }

    private void startWhatIsDue() {
        List<Vpg> kept = new ArrayList<>();
        for (Vpg vpg : registry.all()) {
            if (vpg.lifecycle() == VpgLifecycle.ACTIVE
                    && vpg.custody().map(Custody::open).orElse(false)) {
                kept.add(vpg);
            }
        }
        if (kept.stream().anyMatch(vpg -> running(vpg).isPresent())) {
            return;
        }
        Instant due = context.clock().instant().minus(SCRUB_EACH);
        kept.stream()
                .min(Comparator.comparing(this::lastScrub))
                .filter(vpg -> !lastScrub(vpg).isAfter(due))
                .ifPresent(this::start);
    }

    private Instant lastScrub(Vpg vpg) {
        return scrubsOf(vpg).stream()
                .map(TaskView::createdAt)
                .max(Comparator.naturalOrder())
                .orElse(vpg.definition().createdAt());
    }

    private Optional<TaskView> running(Vpg vpg) {
        return scrubsOf(vpg).stream()
                .filter(task -> task.state() == TaskState.RUNNING)
                .findFirst();
    }

    private List<TaskView> scrubsOf(Vpg vpg) {
        return tasks.of(vpg.id().toString()).stream()
                .filter(task -> task.kind().equals(SCRUB))
                .toList();
    }
}
