package io.tidemark.server.rest;

import io.tidemark.control.ErrorCode;
import io.tidemark.control.checkpoint.CheckpointQuery;
import io.tidemark.control.checkpoint.CheckpointView;
import io.tidemark.control.dataplane.CheckpointKind;
import io.tidemark.control.dataplane.JournalPolicy.Tier;
import io.tidemark.control.dataplane.JournalPolicy.WhenFull;
import io.tidemark.control.task.TaskId;
import io.tidemark.control.task.TaskView;
import io.tidemark.control.vpg.CreateVpg;
import io.tidemark.control.vpg.DeleteVpg;
import io.tidemark.control.vpg.PolicyChange;
import io.tidemark.control.vpg.VpgPolicy;
import io.tidemark.control.vpg.VpgStarted;
import io.tidemark.control.vpg.VpgView;
import io.tidemark.spi.id.CheckpointId;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Operations on VPGs and their checkpoints. */
final class ProtectionApi {
    private static final int DEFAULT_LIMIT = 100;

    private final SiteControl control;

    ProtectionApi(SiteControl control) {
        this.control = control;
    }

    Map<String, Operation> operations() {
        return Map.ofEntries(
                Map.entry(
                        "listVpgs", call -> Answer.ok(Views.list(control.vpgs().list(), ProtectionViews::vpg))),
                Map.entry("getVpg", call -> vpg(control.vpgs().get(call.path("vpg")))),
                Map.entry("createVpg", this::createVpg),
                Map.entry("updateVpg", this::updateVpg),
                Map.entry("scrubJournal", this::scrubJournal),
                Map.entry("deleteVpg", this::deleteVpg),
                Map.entry("pauseVpg", this::pauseVpg),
                Map.entry("resumeVpg", this::resumeVpg),
                Map.entry(
                        "getVpgStatistics",
                        call -> Answer.ok(Views.statistics(control.statistics().of(call.path("vpg"))))),
                Map.entry("listCheckpoints", this::listCheckpoints),
                Map.entry("tagCheckpoint", this::tagCheckpoint),
                Map.entry(
                        "getCheckpoint",
                        call -> Answer.ok(ProtectionViews.checkpoint(
                                control.checkpoints().get(call.path("vpg"), checkpointId(call))))),
                Map.entry(
                        "pinCheckpoint",
                        call -> Answer.ok(ProtectionViews.checkpoint(
                                control.checkpoints().pin(call.path("vpg"), checkpointId(call))))),
                Map.entry(
                        "unpinCheckpoint",
                        call -> Answer.ok(ProtectionViews.checkpoint(
                                control.checkpoints().unpin(call.path("vpg"), checkpointId(call))))));
    }

    private static Answer vpg(VpgView vpg) {
        return Answer.ok(ProtectionViews.vpg(vpg)).with("ETag", vpg.etag());
    }

    private Answer createVpg(Call call) {
        JsonObject policy = call.body().getJsonObject("policy", new JsonObject());
        CreateVpg request = new CreateVpg(
                call.text("name"),
                call.body().getJsonArray("vms").stream().map(String::valueOf).toList(),
                call.text("recoverySite"),
                call.optionalText("recoveryHypervisor"),
                change(policy).applyTo(VpgPolicy.DEFAULT));
        if (call.flag("dryRun")) {
            return Answer.ok(ProtectionViews.plan(control.vpgs().plan(request)));
        }
        VpgStarted started = control.vpgs().create(request);
        return Answer.accepted(
                taskPath(started.task()),
                new JsonObject()
                        .put("vpg", ProtectionViews.vpg(started.vpg()))
                        .put("task", started.task().toString()));
    }

    /** What a policy of a request names; the contract has checked forms and ranges. */
    private static PolicyChange change(JsonObject policy) {
        return new PolicyChange(
                Optional.ofNullable(policy.getInteger("checkpointIntervalSeconds")),
                Optional.ofNullable(policy.getLong("journalHistorySeconds")).map(Duration::ofSeconds),
                Optional.ofNullable(policy.getInteger("targetRpoSeconds")),
                policy.containsKey("journalLimitBytes")
                        ? Optional.of(
                                Objects.requireNonNullElse(policy.getLong("journalLimitBytes"), PolicyChange.NO_LIMIT))
                        : Optional.empty(),
                Optional.ofNullable(policy.getString("whenFull")).map(WhenFull::valueOf),
                Optional.ofNullable(policy.getJsonArray("thinning")).map(tiers -> tiers.stream()
                        .map(JsonObject.class::cast)
                        .map(tier -> new Tier(
                                Duration.ofSeconds(tier.getLong("olderThanSeconds")),
                                Duration.ofSeconds(tier.getLong("keepOneEverySeconds"))))
                        .toList()));
    }

    private Answer updateVpg(Call call) {
        checkVersion(call);
        return vpg(control.vpgs().update(call.path("vpg"), change(call.body().getJsonObject("policy"))));
    }

    private Answer scrubJournal(Call call) {
        TaskId task = control.vpgs().scrub(call.path("vpg"));
        return Answer.accepted(taskPath(task), Views.task(control.tasks().get(task)));
    }

    private Answer deleteVpg(Call call) {
        checkVersion(call);
        DeleteVpg how = new DeleteVpg(
                call.query("journals").map(DeleteVpg.Journals::valueOf).orElse(DeleteVpg.Journals.DELETE),
                call.query("peerAbsence").map(DeleteVpg.PeerAbsence::valueOf).orElse(DeleteVpg.PeerAbsence.FAIL));
        TaskId task = control.vpgs().delete(call.path("vpg"), how);
        TaskView view = control.tasks().get(task);
        return Answer.accepted(taskPath(task), Views.task(view));
    }

    static String taskPath(TaskId task) {
        return RestServer.BASE + "/tasks/" + task;
    }

    private Answer pauseVpg(Call call) {
        checkVersion(call);
        return vpg(control.vpgs().pause(call.path("vpg")));
    }

    private Answer resumeVpg(Call call) {
        checkVersion(call);
        return vpg(control.vpgs().resume(call.path("vpg")));
    }

    /** An If-Match that no longer matches means that the caller has not seen the newest definition. */
    private void checkVersion(Call call) {
        Optional<String> expected = call.header("If-Match");
        if (expected.isEmpty() || expected.get().equals("*")) {
            return;
        }
        VpgView vpg = control.vpgs().get(call.path("vpg"));
        if (!vpg.etag().equals(expected.get())) {
            throw new Problem(
                            412,
                            ErrorCode.VPG_VERSION_STALE.code(),
                            "VPG '" + vpg.name() + "' was not changed",
                            "it was changed by somebody else since it was read: its ETag is " + vpg.etag(),
                            "Read it again, check that the change is still wanted, and send the new ETag.")
                    .exception();
        }
    }

    private Answer listCheckpoints(Call call) {
        CheckpointQuery query = new CheckpointQuery(
                call.instant("from"),
                call.instant("to"),
                call.query("kind").map(CheckpointKind::valueOf),
                call.query("tag"),
                call.query("cursor"),
                call.number("limit", DEFAULT_LIMIT));
        return Answer.ok(Views.page(control.checkpoints().list(call.path("vpg"), query), ProtectionViews::checkpoint));
    }

    private Answer tagCheckpoint(Call call) {
        CheckpointView made = control.checkpoints().tag(call.path("vpg"), call.text("tag"));
        return Answer.created(
                RestServer.BASE + "/vpgs/"
                        + control.vpgs().get(call.path("vpg")).id() + "/checkpoints/" + made.id(),
                ProtectionViews.checkpoint(made));
    }

    private static CheckpointId checkpointId(Call call) {
        return new CheckpointId(Long.parseLong(call.path("checkpoint")));
    }
}
