package io.tidemark.server.rest;

import io.tidemark.control.checkpoint.CheckpointSelector;
import io.tidemark.control.recovery.CommitPolicy;
import io.tidemark.control.recovery.RecoveryType;
import io.tidemark.control.recovery.RecoveryView;
import io.tidemark.control.recovery.SourceShutdown;
import io.tidemark.control.recovery.StartRecovery;
import io.tidemark.control.recovery.TestResult;
import io.tidemark.control.task.TaskId;
import io.tidemark.control.task.TaskView;
import io.tidemark.control.vpg.VpgView;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VpgId;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Operations on recoveries, tasks, events and alerts. */
final class RecoveryApi {
    private static final int DEFAULT_LIMIT = 100;

    private final SiteControl control;

    RecoveryApi(SiteControl control) {
        this.control = control;
    }

    Map<String, Operation> operations() {
        return Map.ofEntries(
                Map.entry("startRecovery", this::start),
                Map.entry("recoveryPreflight", this::preflight),
                Map.entry(
                        "listRecoveries",
                        call -> Answer.ok(
                                Views.list(control.recoveries().list(call.query("vpg")), ProtectionViews::recovery))),
                Map.entry(
                        "getRecovery",
                        call -> Answer.ok(
                                ProtectionViews.recovery(control.recoveries().get(recoveryId(call))))),
                Map.entry(
                        "commitRecovery", call -> accepted(control.recoveries().commit(recoveryId(call)))),
                Map.entry(
                        "rollbackRecovery",
                        call -> accepted(control.recoveries().rollback(recoveryId(call)))),
                Map.entry("stopRecovery", this::stop),
                Map.entry("getTask", this::task),
                Map.entry(
                        "listTasks",
                        call -> Answer.ok(Views.page(
                                control.tasks().list(call.query("cursor"), call.number("limit", DEFAULT_LIMIT)),
                                Views::task))),
                Map.entry("listEvents", this::events),
                Map.entry(
                        "listAlerts",
                        call -> Answer.ok(Views.list(control.events().alerts(), Views::alert))));
    }

    private Answer start(Call call) {
        RecoveryType type = RecoveryType.valueOf(call.text("type"));
        JsonObject commit = call.body().getJsonObject("commit", new JsonObject());
        StartRecovery request = new StartRecovery(
                type,
                call.path("vpg"),
                selector(call.body().getJsonObject("checkpoint")),
                CommitPolicy.valueOf(commit.getString("policy", CommitPolicy.NONE.name())),
                commit.getInteger("afterSeconds", 0),
                SourceShutdown.valueOf(call.optionalText("sourceShutdown").orElse(SourceShutdown.NONE.name())),
                call.header("Idempotency-Key"));
        if (call.flag("dryRun")) {
            return Answer.ok(ProtectionViews.plan(control.recoveries().plan(request)));
        }
        return accepted(control.recoveries().start(request));
    }

    private Answer preflight(Call call) {
        RecoveryType type = RecoveryType.valueOf(call.query("type").orElse(RecoveryType.FAILOVER.name()));
        return Answer.ok(ProtectionViews.preflight(control.recoveries().preflight(call.path("vpg"), type)));
    }

    private static CheckpointSelector selector(JsonObject choice) {
        if (choice.containsKey("id")) {
            return new CheckpointSelector.ById(new CheckpointId(choice.getLong("id")));
        }
        if (choice.containsKey("tag")) {
            return new CheckpointSelector.ByTag(choice.getString("tag"));
        }
        if (choice.containsKey("at")) {
            return new CheckpointSelector.AtTime(Call.instant("/checkpoint/at", choice.getString("at")));
        }
        return new CheckpointSelector.Latest();
    }

    private static Answer accepted(RecoveryView recovery) {
        return Answer.accepted(ProtectionApi.taskPath(recovery.task()), ProtectionViews.recovery(recovery));
    }

    private Answer stop(Call call) {
        return accepted(control.recoveries()
                .stop(
                        recoveryId(call),
                        TestResult.valueOf(call.text("result")),
                        call.optionalText("note").orElse("")));
    }

    private static OperationId recoveryId(Call call) {
        return OperationId.parse(call.path("recovery"));
    }

    private Answer task(Call call) {
        TaskId id = TaskId.parse(call.path("task"));
        Duration wait = call.wait("wait");
        TaskView task =
                wait.isZero() ? control.tasks().get(id) : control.tasks().await(id, wait);
        return Answer.ok(Views.task(task));
    }

    private Answer events(Call call) {
        Optional<VpgId> vpg =
                call.query("vpg").map(name -> control.vpgs().get(name)).map(VpgView::id);
        return Answer.ok(Views.page(
                control.events().list(vpg, call.query("cursor"), call.number("limit", DEFAULT_LIMIT)), Views::event));
    }
}
