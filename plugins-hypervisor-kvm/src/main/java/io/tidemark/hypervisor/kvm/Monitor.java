package io.tidemark.hypervisor.kvm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What libvirt has no call for, said to QEMU itself over libvirt's monitor passthrough. The commands are those of QEMU's "QMP Reference
 * Manual". libvirt marks a domain that was spoken to in this way as tainted ("custom-monitor"), which is a note in its log and no more.
 */
final class Monitor {
    private final Libvirt libvirt;

    Monitor(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    /** Breaks the connection of a network node; its requests fail at once, and its block job with them. */
    void yank(VmId vm, String node, Deadline deadline) throws ProviderException {
        ObjectNode arguments = Json.object();
        arguments.putArray("instances").addObject().put("type", "block-node").put("node-name", node);
        execute(vm, "yank", arguments, deadline);
    }

    /** Whether QEMU itself paused the guest, because a disk gave an error and the disk's policy is to stop. */
    boolean stoppedByIoError(VmId vm, Deadline deadline) throws ProviderException {
        return "io-error"
                .equals(execute(vm, "query-status", Json.object(), deadline)
                        .path("status")
                        .asText());
    }

    /** The node that the guest's device writes to; a mirror above it is skipped by QEMU. */
    Optional<String> nodeOfDevice(VmId vm, String alias, Deadline deadline) throws ProviderException {
        for (JsonNode device : execute(vm, "query-block", Json.object(), deadline)) {
            if (isDevice(device, alias)) {
                String node = device.path("inserted").path("node-name").asText();
                return node.isEmpty() ? Optional.empty() : Optional.of(node);
            }
        }
        return Optional.empty();
    }

    /** How a disk's mirror stands. */
    enum MirrorState {
        /** Source and target hold the same, but for writes that are under way. */
        IN_STEP,
        /** It is copying, or a write did not reach the target. */
        BEHIND,
        NONE
    }

    /**
     * Whether the block copies of these disks run and owe their targets nothing. A write that QEMU acknowledged without having reached the
     * target stands in the mirror's dirty bitmap before the acknowledgement (block/mirror.c, do_sync_target_write), while the job's own
     * state follows later.
     *
     * @param aliases of the guest's devices, by the guest-side positions of the disks
     */
    Map<String, MirrorState> mirrors(VmId vm, Map<String, String> aliases, Deadline deadline) throws ProviderException {
        JsonNode devices = execute(vm, "query-block", Json.object(), deadline);
        JsonNode jobs = execute(vm, "query-block-jobs", Json.object(), deadline);
        Map<String, MirrorState> states = new LinkedHashMap<>();
        aliases.forEach((disk, alias) -> states.put(disk, mirror(disk, alias, devices, jobs)));
        return states;
    }

    private static MirrorState mirror(String disk, String alias, JsonNode devices, JsonNode jobs) {
        boolean ready = false;
        boolean found = false;
        for (JsonNode job : jobs) {
            // libvirt names its copy jobs "copy-<disk>-<node>".
            if (job.path("type").asText().equals("mirror")
                    && job.path("device").asText().startsWith("copy-" + disk + "-")) {
                found = true;
                ready = job.path("ready").asBoolean()
                        && job.path("io-status").asText().equals("ok");
            }
        }
        if (!found) {
            return MirrorState.NONE;
        }
        for (JsonNode device : devices) {
            if (isDevice(device, alias)) {
                for (JsonNode bitmap : device.path("inserted").path("dirty-bitmaps")) {
                    // Bitmaps of people have names; the mirror's has none.
                    boolean ofMirror = bitmap.path("name").asText().isEmpty();
                    ready &= !ofMirror || bitmap.path("count").asLong() == 0;
                }
            }
        }
        return ready ? MirrorState.IN_STEP : MirrorState.BEHIND;
    }

    private static boolean isDevice(JsonNode device, String alias) {
        String path = device.path("qdev").asText();
        return path.equals(alias) || path.endsWith("/" + alias) || path.contains("/" + alias + "/");
    }

    void startNbdServer(VmId vm, String socket, Deadline deadline) throws ProviderException {
        ObjectNode arguments = Json.object();
        arguments.putObject("addr").put("type", "unix").putObject("data").put("path", socket);
        execute(vm, "nbd-server-start", arguments, deadline);
    }

    void stopNbdServer(VmId vm, Deadline deadline) throws ProviderException {
        execute(vm, "nbd-server-stop", Json.object(), deadline);
    }

    /** Serves a node read-only; name and id of the export are the same. */
    void addExport(VmId vm, String export, String node, Deadline deadline) throws ProviderException {
        ObjectNode arguments = Json.object()
                .put("type", "nbd")
                .put("id", export)
                .put("node-name", node)
                .put("name", export)
                .put("writable", false);
        execute(vm, "block-export-add", arguments, deadline);
    }

    void removeExport(VmId vm, String export, Deadline deadline) throws ProviderException {
        execute(vm, "block-export-del", Json.object().put("id", export).put("mode", "hard"), deadline);
    }

    List<String> exports(VmId vm, Deadline deadline) throws ProviderException {
        List<String> ids = new ArrayList<>();
        execute(vm, "query-block-exports", Json.object(), deadline)
                .forEach(export -> ids.add(export.path("id").asText()));
        return ids;
    }

    private JsonNode execute(VmId vm, String command, ObjectNode arguments, Deadline deadline)
            throws ProviderException {
        ObjectNode request = Json.object().put("execute", command);
        if (!arguments.isEmpty()) {
            request.set("arguments", arguments);
        }
        String what = "QEMU's monitor command " + command + " of VM " + vm;
        String text = libvirt.domain(what, vm, deadline, domain -> domain.qemuMonitorCommand(request.toString(), 0));
        JsonNode answer = Json.parse(text);
        JsonNode error = answer.path("error");
        if (!error.isMissingNode()) {
            throw new ProviderException(
                    FailureKind.CONFLICT,
                    what + " failed",
                    KvmFailures.firstLine(error.path("desc").asText()),
                    "Look into the log of the VM in /var/log/libvirt/qemu.");
        }
        return answer.path("return");
    }
}
