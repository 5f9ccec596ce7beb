package io.tidemark.server.rest;

import io.tidemark.control.Page;
import io.tidemark.control.event.AlertView;
import io.tidemark.control.event.EventView;
import io.tidemark.control.report.Distribution;
import io.tidemark.control.report.VpgStatistics;
import io.tidemark.control.site.PeerView;
import io.tidemark.control.task.StepView;
import io.tidemark.control.task.TaskError;
import io.tidemark.control.task.TaskView;
import io.tidemark.control.vm.VmInventory;
import io.tidemark.control.vm.VmView;
import io.tidemark.server.identity.LocalSite;
import io.tidemark.spi.site.VmDescription;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The JSON of sites, VMs, tasks, events and figures, as the contract's schemas say. */
final class Views {
    private Views() {}

    static <T> JsonObject list(List<T> items, Function<T, JsonObject> view) {
        return new JsonObject().put("items", array(items, view));
    }

    static <T> JsonObject page(Page<T> page, Function<T, JsonObject> view) {
        return list(page.items(), view).put("nextCursor", page.nextCursor().orElse(null));
    }

    static <T> JsonArray array(List<T> items, Function<T, ?> view) {
        JsonArray array = new JsonArray();
        items.forEach(item -> array.add(view.apply(item)));
        return array;
    }

    static @Nullable String text(Optional<?> value) {
        return value.map(Object::toString).orElse(null);
    }

    static @Nullable Double seconds(Optional<Duration> duration) {
        return duration.map(value -> value.toMillis() / 1e3).orElse(null);
    }

    static JsonObject named(Object id, String name) {
        return new JsonObject().put("id", id.toString()).put("name", name);
    }

    static JsonObject self(LocalSite site, String endpoint) {
        return named(site.id(), site.name())
                .put("role", "SELF")
                .put("endpoint", endpoint)
                .put("fingerprint", site.identity().fingerprint().sha256Hex())
                .put("reachability", "SELF");
    }

    static JsonObject peer(PeerView peer) {
        return named(peer.id(), peer.name())
                .put("role", "PEER")
                .put("endpoint", peer.endpoint().toString())
                .put("fingerprint", peer.fingerprint().sha256Hex())
                .put("reachability", peer.reachability().name())
                .put("lastSeen", text(peer.lastSeen()))
                .put("pairedAt", peer.pairedAt().toString());
    }

    static JsonObject vms(VmInventory inventory) {
        return list(inventory.vms(), Views::vm)
                .put("unavailable", array(inventory.unavailable(), each -> new JsonObject()
                        .put("hypervisor", each.hypervisor())
                        .put("reason", each.reason())));
    }

    static JsonObject vm(VmView vm) {
        VmDescription description = vm.description();
        return named(description.id(), description.name())
                .put("hypervisor", vm.hypervisor())
                .put("power", description.power().name())
                .put("memoryBytes", description.hardware().memoryBytes())
                .put("processors", description.hardware().processors())
                .put("volumes", array(description.volumes(), volume -> new JsonObject()
                        .put("id", volume.id().value())
                        .put("device", volume.device())
                        .put("sizeBytes", volume.sizeBytes())
                        .put("format", volume.format())
                        .put("location", volume.location())))
                .put("skipped", array(description.skipped(), drive -> new JsonObject()
                        .put("device", drive.device())
                        .put("reason", drive.reason())))
                .put("nics", array(description.nics(), nic -> new JsonObject()
                        .put("mac", nic.mac())
                        .put("network", nic.network())
                        .put("model", nic.model())))
                .put("vpgs", array(vm.vpgs(), vpg -> named(vpg.id(), vpg.name())))
                .put("recoveredBy", text(vm.recoveredBy()));
    }

    static JsonObject task(TaskView task) {
        return new JsonObject()
                .put("id", task.id().toString())
                .put("kind", task.kind())
                .put(
                        "target",
                        new JsonObject()
                                .put("kind", task.target().kind())
                                .put("id", task.target().id())
                                .put("name", task.target().name()))
                .put("state", task.state().name())
                .put("done", task.state().done())
                .put("progress", task.progress())
                .put("createdAt", task.createdAt().toString())
                .put("endedAt", text(task.endedAt()))
                .put("steps", array(task.steps(), Views::step))
                .put("error", task.error().map(Views::error).orElse(null));
    }

    private static JsonObject step(StepView step) {
        return new JsonObject()
                .put("title", step.title())
                .put("state", step.state().name())
                .put("startedAt", text(step.startedAt()))
                .put("endedAt", text(step.endedAt()))
                .put("millis", step.duration().map(Duration::toMillis).orElse(null))
                .put("message", step.message());
    }

    static JsonObject error(TaskError error) {
        return new JsonObject()
                .put("code", error.code())
                .put("title", error.happened())
                .put("detail", error.why())
                .put("remedy", error.remedy());
    }

    static JsonObject event(EventView event) {
        return new JsonObject()
                .put("id", event.id())
                .put("time", event.time().toString())
                .put("severity", event.severity().name())
                .put("topic", event.topic())
                .put("vpg", text(event.vpg()))
                .put("vm", text(event.vm()))
                .put("subject", event.subject())
                .put("text", event.text());
    }

    static JsonObject alert(AlertView alert) {
        return new JsonObject()
                .put("key", alert.key())
                .put("code", alert.code())
                .put("severity", alert.severity().name())
                .put("vpg", text(alert.vpg()))
                .put("openedAt", alert.openedAt().toString())
                .put("text", alert.text());
    }

    static JsonObject statistics(VpgStatistics statistics) {
        return new JsonObject()
                .put("vpg", statistics.vpg().toString())
                .put("since", statistics.since().toString())
                .put("checkpointsCut", statistics.checkpointsCut())
                .put("checkpointsDurable", statistics.checkpointsDurable())
                .put("rpoMillis", distribution(statistics.rpoMillis()))
                .put("holdNanos", distribution(statistics.holdNanos()));
    }

    private static JsonObject distribution(Distribution distribution) {
        return new JsonObject()
                .put("samples", distribution.samples())
                .put("p50", distribution.p50())
                .put("p95", distribution.p95())
                .put("p99", distribution.p99())
                .put("max", distribution.max());
    }
}
