package io.tidemark.control.task;

import io.tidemark.control.Page;
import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.catalog.Cursor;
import io.tidemark.control.catalog.Micros;
import io.tidemark.control.event.EventLog;
import io.tidemark.control.event.Severity;
import io.tidemark.control.json.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/**
 * Owns the persisted tasks of a site. What is noted is durable on return, so the steps of a task are what work resumes from after a
 * crash. Safe for use by several threads; the notes of one task come from the one thread that does its work.
 */
public final class TaskLog {
    private final Catalog catalog;
    private final EventLog events;
    private final Json json;
    private final Clock clock;
    private final Map<TaskId, Double> stepProgress = new ConcurrentHashMap<>();
    private final Object endings = new Object();
    private long endingsCounted;

    public TaskLog(Catalog catalog, EventLog events, Json json, Clock clock) {
        this.catalog = catalog;
        this.events = events;
        this.json = json;
        this.clock = clock;
    }

    /** Persists a new, running task; joins the transaction of the caller if there is one. */
    public TaskId create(String kind, TaskTarget target, List<String> stepTitles) {
        TaskId id = TaskId.random();
        catalog.useTransaction(handle -> {
            handle.createUpdate("""
                            INSERT INTO task (id, kind, target_kind, target_id, target_name, state, created_micros)
                            VALUES (:id, :kind, :targetKind, :targetId, :targetName, 'RUNNING', :now)""")
                    .bind("id", id.toString())
                    .bind("kind", kind)
                    .bind("targetKind", target.kind())
                    .bind("targetId", target.id())
                    .bind("targetName", target.name())
                    .bind("now", Micros.of(clock.instant()))
                    .execute();
            insertSteps(handle, id, 0, stepTitles);
            events.publish(
                    Severity.INFO,
                    "task",
                    Optional.empty(),
                    Optional.empty(),
                    id.toString(),
                    "Task " + kind + " of '" + target.name() + "' began");
        });
        return id;
    }

    /** Adds steps after the last one. */
    public void appendSteps(TaskId task, List<String> stepTitles) {
        catalog.useTransaction(
                handle -> insertSteps(handle, task, steps(handle, task).size(), stepTitles));
    }

    /** Position of the first step that is pending or running. */
    public OptionalInt firstOpenStep(TaskId task) {
        List<StepView> steps = catalog.inTransaction(handle -> steps(handle, task));
        for (int i = 0; i < steps.size(); i++) {
            StepState state = steps.get(i).state();
            if (state == StepState.PENDING || state == StepState.RUNNING) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }

    /** Notes that a step runs. A step that was running when the process died keeps its first start time. */
    public void stepStarted(TaskId task, int position) {
        catalog.useTransaction(handle -> handle.execute(
                "UPDATE task_step SET state = 'RUNNING', started_micros = coalesce(started_micros, ?)"
                        + " WHERE task_id = ? AND position = ?",
                Micros.of(clock.instant()),
                task.toString(),
                position));
    }

    /** Says something about a running step. */
    public void stepMessage(TaskId task, int position, String message) {
        catalog.useTransaction(handle -> handle.execute(
                "UPDATE task_step SET message = ? WHERE task_id = ? AND position = ?",
                message,
                task.toString(),
                position));
    }

    /** Tells how far the running step is, 0 to 1. Kept in memory only. */
    public void stepProgress(TaskId task, double fraction) {
        stepProgress.put(task, Math.clamp(fraction, 0.0, 1.0));
    }

    public void stepSucceeded(TaskId task, int position, String message) {
        stepEnded(task, position, StepState.SUCCEEDED, message);
    }

    /** Notes a failed step and skips those after it. */
    public void stepFailed(TaskId task, int position, String message) {
        catalog.useTransaction(handle -> {
            stepEnded(task, position, StepState.FAILED, message);
            handle.execute(
                    "UPDATE task_step SET state = 'SKIPPED' WHERE task_id = ? AND state = 'PENDING'", task.toString());
        });
    }

    public void succeeded(TaskId task) {
        ended(task, TaskState.SUCCEEDED, Optional.empty());
    }

    public void failed(TaskId task, TaskError error) {
        ended(task, TaskState.FAILED, Optional.of(error));
    }

    public Optional<TaskView> find(TaskId task) {
        return catalog.inTransaction(handle -> handle.createQuery("SELECT * FROM task WHERE id = :id")
                .bind("id", task.toString())
                .map((row, context) -> fromRow(handle, row))
                .findOne());
    }

    /** Tasks of one target, oldest first. */
    public List<TaskView> of(String targetId) {
        return catalog.inTransaction(
                handle -> handle.createQuery("SELECT * FROM task WHERE target_id = :id ORDER BY number")
                        .bind("id", targetId)
                        .map((row, context) -> fromRow(handle, row))
                        .list());
    }

    Page<TaskView> list(Optional<String> cursor, int limit) {
        Cursor.checkLimit(limit);
        long before = Cursor.decode(cursor);
        List<NumberedTask> found = catalog.inTransaction(handle -> handle.createQuery(
                        "SELECT * FROM task WHERE number < :before ORDER BY number DESC LIMIT :limit")
                .bind("before", before)
                .bind("limit", limit + 1)
                .map((row, context) -> new NumberedTask(row.getLong("number"), fromRow(handle, row)))
                .list());
        Page<NumberedTask> page = Cursor.page(found, limit, NumberedTask::number);
        return new Page<>(page.items().stream().map(NumberedTask::task).toList(), page.nextCursor());
    }

    /** Waits until the task has ended or the time is over; empty when it is unknown. */
    public Optional<TaskView> await(TaskId task, Duration atMost) {
        long until = System.nanoTime() + atMost.toNanos();
        while (true) {
            long counted;
            synchronized (endings) {
                counted = endingsCounted;
            }
            Optional<TaskView> view = find(task);
            if (view.isEmpty() || view.get().state().done() || !waitForEnding(counted, until)) {
                return view;
            }
        }
    }

    /** Waits for a task, any, to end; never holds the catalog, which those who note an ending hold. */
    private boolean waitForEnding(long counted, long untilNanos) {
        synchronized (endings) {
            while (endingsCounted == counted) {
                long leftMillis = (untilNanos - System.nanoTime()) / 1_000_000;
                if (leftMillis <= 0) {
                    return false;
                }
                try {
                    endings.wait(leftMillis);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
            return true;
        }
    }

    private void stepEnded(TaskId task, int position, StepState state, String message) {
        stepProgress.remove(task);
        catalog.useTransaction(handle -> handle.execute(
                "UPDATE task_step SET state = ?, ended_micros = ?, message = ? WHERE task_id = ? AND position = ?",
                state.name(),
                Micros.of(clock.instant()),
                message,
                task.toString(),
                position));
    }

    private void ended(TaskId task, TaskState state, Optional<TaskError> error) {
        stepProgress.remove(task);
        catalog.useTransaction(handle -> {
            handle.createUpdate(
                            "UPDATE task SET state = :state, error_json = :error, ended_micros = :now WHERE id = :id")
                    .bind("state", state.name())
                    .bind("error", error.map(json::write).orElse(null))
                    .bind("now", Micros.of(clock.instant()))
                    .bind("id", task.toString())
                    .execute();
            String kind = find(task).map(TaskView::kind).orElse("");
            events.publish(
                    error.isPresent() ? Severity.ERROR : Severity.INFO,
                    "task",
                    Optional.empty(),
                    Optional.empty(),
                    task.toString(),
                    "Task " + kind + error.map(e -> " failed. " + e.text()).orElse(" is done"));
        });
        synchronized (endings) {
            endingsCounted++;
            endings.notifyAll();
        }
    }

    private static void insertSteps(Handle handle, TaskId task, int first, List<String> titles) {
        for (int i = 0; i < titles.size(); i++) {
            handle.execute(
                    "INSERT INTO task_step (task_id, position, title, state, message) VALUES (?, ?, ?, 'PENDING', '')",
                    task.toString(),
                    first + i,
                    titles.get(i));
        }
    }

    private static List<StepView> steps(Handle handle, TaskId task) {
        return handle.createQuery("SELECT * FROM task_step WHERE task_id = :id ORDER BY position")
                .bind("id", task.toString())
                .map((ResultSet row, StatementContext context) -> new StepView(
                        row.getString("title"),
                        StepState.valueOf(row.getString("state")),
                        Micros.toInstant(nullableLong(row, "started_micros")),
                        Micros.toInstant(nullableLong(row, "ended_micros")),
                        row.getString("message")))
                .list();
    }

    private TaskView fromRow(Handle handle, ResultSet row) throws SQLException {
        TaskId id = TaskId.parse(row.getString("id"));
        TaskState state = TaskState.valueOf(row.getString("state"));
        List<StepView> steps = new ArrayList<>(steps(handle, id));
        return new TaskView(
                id,
                row.getString("kind"),
                new TaskTarget(row.getString("target_kind"), row.getString("target_id"), row.getString("target_name")),
                state,
                progress(id, state, steps),
                Micros.toInstant(row.getLong("created_micros")),
                Micros.toInstant(nullableLong(row, "ended_micros")),
                steps,
                Optional.ofNullable(row.getString("error_json")).map(text -> json.read(text, TaskError.class)));
    }

    private double progress(TaskId id, TaskState state, List<StepView> steps) {
        if (state == TaskState.SUCCEEDED || steps.isEmpty()) {
            return 1;
        }
        long ended = steps.stream()
                .filter(step -> step.state() == StepState.SUCCEEDED)
                .count();
        return (ended + stepProgress.getOrDefault(id, 0.0)) / steps.size();
    }

    private static @Nullable Long nullableLong(ResultSet row, String column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : Long.valueOf(value);
    }

    private record NumberedTask(long number, TaskView task) {}
}
