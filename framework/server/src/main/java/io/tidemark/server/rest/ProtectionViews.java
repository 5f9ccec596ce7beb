package io.tidemark.server.rest;

import io.tidemark.control.checkpoint.CheckpointView;
import io.tidemark.control.dataplane.JournalStore.JournalUsage;
import io.tidemark.control.dataplane.ProtectedVpg;
import io.tidemark.control.recovery.RecoveryPlan;
import io.tidemark.control.recovery.RecoveryView;
import io.tidemark.control.vpg.MemberView;
import io.tidemark.control.vpg.StagingView;
import io.tidemark.control.vpg.VpgPlan;
import io.tidemark.control.vpg.VpgPolicy;
import io.tidemark.control.vpg.VpgView;
import io.tidemark.spi.recovery.PreflightReport;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;

/** The JSON of VPGs, checkpoints and recoveries, as the contract's schemas say. */
final class ProtectionViews {
    private ProtectionViews() {}

    static JsonObject vpg(VpgView vpg) {
        return Views.named(vpg.id(), vpg.name())
                .put("role", vpg.role().name())
                .put("state", vpg.state().name())
                .put("detail", vpg.detail())
                .put("testing", vpg.testing())
                .put("peer", Views.named(vpg.peer(), vpg.peerName()))
                .put("recoveryHypervisor", vpg.recoveryHypervisor())
                .put("policy", policy(vpg.policy()))
                .put("epoch", vpg.epoch())
                .put("members", Views.array(vpg.members(), ProtectionViews::member))
                .put("rpoSeconds", Views.seconds(vpg.rpo()))
                .put(
                        "newestCheckpoint",
                        vpg.newestCheckpoint()
                                .map(newest -> new JsonObject()
                                        .put("id", newest.id().value())
                                        .put("time", newest.time().toString()))
                                .orElse(null))
                .put(
                        "journal",
                        vpg.journal().map(usage -> journal(usage, vpg.policy())).orElse(null))
                .put("staging", vpg.staging().map(ProtectionViews::staging).orElse(null))
                .put("openRecoveries", Views.array(vpg.openRecoveries(), Object::toString))
                .put("createdAt", vpg.createdAt().toString())
                .put("version", vpg.version());
    }

    private static JsonObject staging(StagingView staging) {
        return new JsonObject()
                .put(
                        "checkpoint",
                        staging.newest()
                                .map(newest -> new JsonObject()
                                        .put("id", newest.id().value())
                                        .put("time", newest.time().toString()))
                                .orElse(null))
                .put("stagedAt", Views.text(staging.stagedAt()))
                .put("progress", staging.progress().orElse(null))
                .put("problem", staging.problem());
    }

    /** What a preflight found, or that the target has none. */
    static JsonObject preflight(Optional<PreflightReport> report) {
        return new JsonObject()
                .put("supported", report.isPresent())
                .put("passed", report.map(PreflightReport::passed).orElse(true))
                .put(
                        "findings",
                        Views.array(report.map(PreflightReport::findings).orElse(List.of()), finding -> new JsonObject()
                                .put("severity", finding.severity().name())
                                .put("subject", finding.subject())
                                .put("problem", finding.problem())
                                .put("remedy", finding.remedy())))
                .put(
                        "text",
                        report.map(PreflightReport::text)
                                .orElse("The recovery target has no preflight: a recovery finds out when it runs."));
    }

    private static JsonObject journal(JournalUsage usage, VpgPolicy policy) {
        JsonObject json = new JsonObject()
                .put("journalBytes", usage.journalBytes())
                .put("baseImageBytes", usage.baseImageBytes())
                .put("checkpoints", usage.checkpoints())
                .put("wantedHistorySeconds", policy.journalHistory().toSeconds());
        usage.room().ifPresent(room -> json.put("usedBytes", room.usedBytes())
                .put("limitBytes", room.limitBytes().orElse(null))
                .put("historySeconds", Views.seconds(Optional.of(room.historyKept())))
                .put("bytesPerHour", room.bytesPerHour().orElse(null))
                .put("fittingHistorySeconds", Views.seconds(room.historyFitting()))
                .put("fullAfterSeconds", Views.seconds(room.fullAfter()))
                .put("intake", room.intake().name())
                .put("damagedCheckpoints", room.damagedCheckpoints()));
        return json;
    }

    private static JsonObject policy(VpgPolicy policy) {
        return new JsonObject()
                .put("checkpointIntervalSeconds", policy.checkpointIntervalSeconds())
                .put("journalHistorySeconds", policy.journalHistory().toSeconds())
                .put("targetRpoSeconds", policy.targetRpoSeconds())
                .put("journalLimitBytes", policy.journalLimits().maxBytes().orElse(null))
                .put("whenFull", policy.journalLimits().whenFull().name())
                .put("thinning", Views.array(policy.journalLimits().thinning(), tier -> new JsonObject()
                        .put("olderThanSeconds", tier.olderThan().toSeconds())
                        .put("keepOneEverySeconds", tier.keepOneEvery().toSeconds())));
    }

    private static JsonObject member(MemberView member) {
        return new JsonObject()
                .put("vm", Views.named(member.vm(), member.vmName()))
                .put("hypervisor", member.hypervisor())
                .put("volumes", Views.array(member.volumes(), volume -> new JsonObject()
                        .put("id", volume.id().value())
                        .put("device", volume.device())
                        .put("sizeBytes", volume.sizeBytes())))
                .put("state", member.state().name())
                .put("detail", member.detail())
                .put("syncedBytes", member.syncedBytes())
                .put("syncTotalBytes", member.syncTotalBytes())
                .put("lagBytes", member.lagBytes())
                .put("writes", member.writes())
                .put("writtenBytes", member.writtenBytes())
                .put("shippedBytes", member.shippedBytes());
    }

    static JsonObject plan(VpgPlan plan) {
        return new JsonObject()
                .put("name", plan.name())
                .put("vms", Views.array(plan.members(), ProtectionViews::planned))
                .put("recoverySite", plan.recoverySite())
                .put("recoveryHypervisor", plan.recoveryHypervisor())
                .put("totalBytes", plan.totalBytes())
                .put("warnings", new JsonArray(List.copyOf(plan.warnings())));
    }

    private static JsonObject planned(ProtectedVpg.Member member) {
        return Views.named(member.vm(), member.vmName())
                .put("hypervisor", member.hypervisor())
                .put("volumes", member.volumes().size());
    }

    static JsonObject checkpoint(CheckpointView checkpoint) {
        return new JsonObject()
                .put("id", checkpoint.id().value())
                .put("time", checkpoint.time().toString())
                .put("kind", checkpoint.kind().name())
                .put("tag", checkpoint.tag())
                .put("pinned", checkpoint.pinned())
                .put("selectable", checkpoint.damage().isEmpty())
                .put("damage", Views.text(checkpoint.damage()));
    }

    static JsonObject recovery(RecoveryView recovery) {
        return new JsonObject()
                .put("id", recovery.id().toString())
                .put("type", recovery.type().name())
                .put("vpg", Views.named(recovery.vpg(), recovery.vpgName()))
                .put("state", recovery.state().name())
                .put("finished", recovery.state().finished())
                .put(
                        "checkpoint",
                        recovery.checkpoint().map(ProtectionViews::checkpoint).orElse(null))
                .put("hypervisor", recovery.hypervisor())
                .put("vms", Views.array(recovery.vms(), vm -> new JsonObject()
                        .put("source", Views.named(vm.source(), vm.sourceName()))
                        .put("name", Views.text(vm.name()))
                        .put("id", Views.text(vm.id()))))
                .put(
                        "commit",
                        new JsonObject()
                                .put("policy", recovery.commitPolicy().name())
                                .put("afterSeconds", recovery.commitAfterSeconds()))
                .put("sourceShutdown", recovery.sourceShutdown().name())
                .put("task", recovery.task().toString())
                .put("tasks", Views.array(recovery.tasks(), Object::toString))
                .put("requestedAt", recovery.requestedAt().toString())
                .put("runningAt", Views.text(recovery.runningAt()))
                .put("endedAt", Views.text(recovery.endedAt()))
                .put("decideAt", Views.text(recovery.decideAt()))
                .put("recoveryTimeSeconds", Views.seconds(recovery.recoveryTime()))
                .put("error", recovery.error().map(Views::error).orElse(null))
                .put("result", Views.text(recovery.result()))
                .put("note", recovery.note());
    }

    static JsonObject plan(RecoveryPlan plan) {
        return new JsonObject()
                .put("type", plan.type().name())
                .put("vpg", plan.vpg())
                .put("checkpoint", checkpoint(plan.checkpoint()))
                .put("hypervisor", plan.hypervisor())
                .put("vmNames", new JsonArray(List.copyOf(plan.vmNames())))
                .put("steps", new JsonArray(List.copyOf(plan.steps())))
                .put("warnings", new JsonArray(List.copyOf(plan.warnings())))
                .put(
                        "preflight",
                        plan.preflight()
                                .map(found -> preflight(Optional.of(found)))
                                .orElse(null));
    }
}
