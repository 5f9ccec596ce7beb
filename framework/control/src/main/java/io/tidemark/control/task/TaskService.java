package io.tidemark.control.task;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.Page;
import io.tidemark.control.peer.Forwarded;
import io.tidemark.control.peer.PeerClient;
import io.tidemark.control.peer.PeerVerbs;
import io.tidemark.spi.id.SiteId;
import java.time.Duration;
import java.util.Optional;

/** Answers questions about tasks, of this site and of those that it asked others to do. */
public final class TaskService implements Tasks {
    /** A peer is asked to wait no longer than this at a time, so that no request outlives a lost link for long. */
    private static final Duration PEER_WAIT = Duration.ofSeconds(5);

    private final TaskLog log;
    private final Forwarded forwarded;
    private final PeerClient peers;

    public TaskService(TaskLog log, Forwarded forwarded, PeerClient peers, PeerVerbs verbs) {
        this.log = log;
        this.forwarded = forwarded;
        this.peers = peers;
        verbs.on("task.await", AwaitRequest.class, (from, request) -> {
            Duration wait = Duration.ofMillis(Math.clamp(request.millis(), 0, PEER_WAIT.toMillis()));
            return log.await(request.task(), wait).orElseThrow(() -> unknown(request.task()));
        });
    }

    @Override
    public TaskView get(TaskId task) {
        return await(task, Duration.ZERO);
    }

    @Override
    public Page<TaskView> list(Optional<String> cursor, int limit) {
        return log.list(cursor, limit);
    }

    @Override
    public TaskView await(TaskId task, Duration atMost) {
        Optional<TaskView> own = log.await(task, atMost);
        if (own.isPresent()) {
            return own.get();
        }
        SiteId peer = forwarded.find(task.toString()).orElseThrow(() -> unknown(task));
        long until = System.nanoTime() + atMost.toNanos();
        while (true) {
            long leftMillis = Math.max(0, (until - System.nanoTime()) / 1_000_000);
            TaskView view = peers.ask(
                    peer,
                    "task.await",
                    new AwaitRequest(task, Math.min(leftMillis, PEER_WAIT.toMillis())),
                    TaskView.class,
                    PEER_WAIT.plusSeconds(10));
            if (view.state().done() || System.nanoTime() - until >= 0) {
                return view;
            }
        }
    }

    private static ControlException unknown(TaskId task) {
        return ErrorCode.TASK_NOT_FOUND.because(
                "Task " + task + " was not found", "this site has no record of it", "List the tasks.");
    }

    record AwaitRequest(TaskId task, long millis) {}
}
