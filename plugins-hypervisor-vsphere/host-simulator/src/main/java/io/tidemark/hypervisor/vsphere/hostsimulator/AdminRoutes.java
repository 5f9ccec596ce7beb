package io.tidemark.hypervisor.vsphere.hostsimulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.guest.LatencyLog;
import io.tidemark.guest.LedgerProgram;
import io.tidemark.hypervisor.vsphere.hostsimulator.AdminServer.Reply;
import io.tidemark.hypervisor.vsphere.hostsimulator.ChangeTracking.Tracked;
import io.tidemark.hypervisor.vsphere.hostsimulator.SimulatedDisk.Frozen;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** What the HTTP side can be asked for; the README lists it. Any thread. */
final class AdminRoutes {
    /** A guest's write may wait for its filter for 2 s. */
    private static final Duration FREEZE_LIMIT = Duration.ofSeconds(3);

    private final SimulatedHost host;
    private final ScheduledExecutorService timer;
    private final Duration thawAfter;

    /** @param thawAfter when writes of a frozen disk go on that nobody has thawed */
    AdminRoutes(SimulatedHost host, ScheduledExecutorService timer, Duration thawAfter) {
        this.thawAfter = thawAfter;
        this.host = host;
        this.timer = timer;
    }

    Reply reply(String method, List<String> path, JsonNode body)
            throws BadRequestException, ProviderException, IOException, InterruptedException {
        String first = path.isEmpty() ? "" : path.getFirst();
        Optional<Reply> reply =
                switch (first) {
                    case "vms" -> vms(method, path, body);
                    case "disks" -> disks(method, path, body);
                    default -> Optional.empty();
                };
        return reply.orElseGet(() -> Reply.error(404, "there is no " + method + " /" + String.join("/", path)));
    }

    private Optional<Reply> vms(String method, List<String> path, JsonNode body)
            throws BadRequestException, ProviderException, IOException {
        if (path.size() == 1) {
            return switch (method) {
                case "GET" -> Optional.of(Reply.ok(allVms()));
                case "PUT" -> Optional.of(putAll(body));
                default -> Optional.empty();
            };
        }
        String id = path.get(1);
        if (path.size() == 2) {
            switch (method) {
                case "PUT" -> host.put(VmState.of(id, body));
                case "DELETE" -> host.remove(id);
                default -> {
                    return Optional.empty();
                }
            }
            return Optional.of(Reply.ok(Json.object()));
        }
        Optional<HostVm> vm = host.vm(id);
        if (path.size() > 3 || vm.isEmpty()) {
            return vm.isEmpty() ? Optional.of(Reply.error(404, "this host has no VM " + id)) : Optional.empty();
        }
        return switch (method + " " + path.get(2)) {
            case "POST console" -> Optional.of(Reply.ok(console(vm.get(), body)));
            case "GET report" -> Optional.of(Reply.ok(report(vm.get())));
            case "DELETE report" -> {
                vm.get().latencies().values().forEach(LatencyLog::clear);
                yield Optional.of(Reply.ok(Json.object()));
            }
            default -> Optional.empty();
        };
    }

    private Reply putAll(JsonNode body) throws BadRequestException, IOException {
        if (!body.isArray()) {
            throw new BadRequestException("all VMs are pushed as an array, each with its 'moref'");
        }
        List<VmState> states = new ArrayList<>();
        for (JsonNode vm : body) {
            states.add(VmState.of(vm.path("moref").asText(), vm));
        }
        host.putAll(states);
        return Reply.ok(Json.object());
    }

    private static JsonNode console(HostVm vm, JsonNode body) throws BadRequestException, ProviderException {
        LedgerProgram program = vm.program();
        int disk = body.path("disk").asInt(0);
        switch (body.path("command").asText()) {
            case "append" -> program.append(disk, body.path("number").asLong());
            case "scramble" -> program.scramble(disk);
            case "sync" -> program.sync();
            case "report" -> {
                LedgerReport report = program.report(disk);
                return Json.object().put("entries", report.entries()).put("intact", report.intact());
            }
            default -> throw new BadRequestException("a guest knows the commands append, scramble, sync and report");
        }
        return Json.object();
    }

    private JsonNode allVms() {
        ArrayNode all = Json.array();
        for (HostVm vm : host.vms()) {
            ObjectNode each = all.addObject().put("moref", vm.id()).put("name", vm.name());
            each.put("power", vm.isPowered() ? "on" : "off");
            ArrayNode disks = each.putArray("disks");
            for (SimulatedDisk disk : vm.disks()) {
                disks.addObject()
                        .put("id", disk.id())
                        .put("flat", disk.path().toString())
                        .put("sizeBytes", disk.sizeBytes());
            }
        }
        return all;
    }

    static ObjectNode report(HostVm vm) {
        ObjectNode report = Json.object().put("moref", vm.id()).put("power", vm.isPowered() ? "on" : "off");
        ArrayNode disks = report.putArray("disks");
        Map<SimulatedDisk, LatencyLog> logs = vm.latencies();
        for (SimulatedDisk disk : vm.disks()) {
            LatencyLog log = logs.get(disk);
            if (log != null) {
                LatencyLog.Summary summary = log.summary();
                disks.addObject()
                        .put("id", disk.id())
                        .put("writes", summary.count())
                        .put("p50Nanos", summary.p50Nanos())
                        .put("p99Nanos", summary.p99Nanos())
                        .put("longestNanos", summary.longestNanos());
            }
        }
        return report;
    }

    private Optional<Reply> disks(String method, List<String> path, JsonNode body)
            throws BadRequestException, IOException, InterruptedException {
        if (path.size() != 2 || !"POST".equals(method)) {
            return Optional.empty();
        }
        String asked = body.path("datastorePath").asText();
        Optional<SimulatedDisk> disk = host.disk(VmState.flat(asked));
        if (disk.isEmpty()) {
            return Optional.of(Reply.error(404, "this host has no disk in " + asked));
        }
        return switch (path.get(1)) {
            case "freeze" -> Optional.of(freeze(disk.get()));
            case "thaw" ->
                Optional.of(
                        disk.get().thaw()
                                ? Reply.ok(Json.object())
                                : Reply.error(
                                        409,
                                        asked + " is not frozen: it was thawed, or its time was over, and"
                                                + " what was copied may be torn"));
            case "reset-tracking" -> Optional.of(Reply.ok(json(disk.get().resetTracking())));
            default -> Optional.empty();
        };
    }

    private Reply freeze(SimulatedDisk disk) throws IOException, InterruptedException {
        Frozen frozen = disk.freeze(FREEZE_LIMIT);
        if (frozen == null) {
            return Reply.error(409, disk.path() + " is frozen already, or its writes do not end");
        }
        timer.schedule(() -> disk.thawOverdue(frozen.number()), thawAfter.toMillis(), TimeUnit.MILLISECONDS);
        return Reply.ok(json(frozen.state()));
    }

    private static ObjectNode json(Tracked state) {
        return Json.object().put("uuid", state.uuid().toString()).put("sequence", state.sequence());
    }
}
