package io.tidemark.hypervisor.vsphere.inventory;

import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.hypervisor.vsphere.vim.Properties;
import io.tidemark.hypervisor.vsphere.vim.VimFault;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.hypervisor.vsphere.vim.XmlBody;
import io.tidemark.hypervisor.vsphere.vim.XmlNode;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The vCenter's objects, kept current by a collector of our own: the first question reads all, every later one asks for the changes since
 * (<code>WaitForUpdatesEx</code> without waiting) and reads again what changed. Any thread; one question at a time.
 *
 * <p>A collector lives as long as the login. When that is over, or the vCenter no longer knows the version, all is read anew.
 */
public final class InventoryFeed {
    /** Each type with the properties that are read. A subtype gets its supertype's too. */
    static final Map<String, List<String>> WATCHED = Map.of(
            "VirtualMachine",
            List.of(
                    "name",
                    "config.instanceUuid",
                    "config.template",
                    "config.guestId",
                    "config.firmware",
                    "config.version",
                    "config.changeTrackingEnabled",
                    "config.changeVersion",
                    "config.files.vmPathName",
                    "config.extraConfig",
                    "config.hardware",
                    "runtime.powerState",
                    "runtime.connectionState",
                    "datastore",
                    "snapshot"),
            "Datacenter",
            List.of("name", "parent", "vmFolder", "datastore", "network"),
            "ComputeResource",
            List.of("name", "resourcePool", "host", "datastore", "network"),
            "HostSystem",
            List.of("name", "runtime.connectionState"),
            "Datastore",
            List.of("name", "summary.accessible", "summary.freeSpace", "browser"),
            "Network",
            List.of("name"),
            "DistributedVirtualPortgroup",
            List.of("key", "config.distributedVirtualSwitch"),
            "DistributedVirtualSwitch",
            List.of("name", "uuid"),
            "ResourcePool",
            List.of("name", "owner"),
            "Folder",
            List.of("name", "parent", "childType"));

    private static final String WHAT = "Reading the vCenter's inventory";
    /** Objects read again in one go. */
    private static final int REREAD_OBJECTS = 100;

    private static final int ATTEMPTS = 4;

    private final VimSession session;
    private final int mostUpdates;
    private final ReentrantLock turn = new ReentrantLock();
    private final Map<MoRef, Map<String, XmlNode>> objects = new HashMap<>();
    private Optional<Collector> collector = Optional.empty();

    private record Collector(MoRef ref, int login, String version) {}

    /** @param mostUpdates most objects in one answer of the vCenter, ≥ 1; it may give fewer */
    public InventoryFeed(VimSession session, int mostUpdates) {
        this.session = session;
        this.mostUpdates = mostUpdates;
    }

    /** All objects as they are now. */
    public Topology current(Deadline deadline) throws ProviderException {
        turn.lock();
        try {
            for (int attempt = 1; ; attempt++) {
                try {
                    return catchUp(deadline);
                } catch (VimFault fault) {
                    boolean lostCollector = fault.is("ManagedObjectNotFound")
                            || fault.is("InvalidCollectorVersion")
                            || fault.is("NotAuthenticated");
                    if (!lostCollector || attempt == ATTEMPTS) {
                        throw fault.toProviderException(WHAT);
                    }
                } catch (ProviderException failure) {
                    // An idle connection that was closed at the other end shows when it is used next.
                    if (failure.kind() != FailureKind.UNREACHABLE || attempt > 1) {
                        throw failure;
                    }
                }
            }
        } finally {
            turn.unlock();
        }
    }

    private Topology catchUp(Deadline deadline) throws ProviderException, VimFault {
        Collector from =
                collector.filter(each -> each.login() == session.logins()).orElse(null);
        // What was told and not taken in is not told again: until all of it is, there is no collector to go on with.
        collector = Optional.empty();
        if (from == null) {
            objects.clear();
            from = open(deadline);
        }
        Set<MoRef> changed = new HashSet<>();
        boolean more = true;
        while (more) {
            Optional<XmlNode> updates = updates(from, deadline);
            for (XmlNode filter :
                    updates.map(each -> each.children("filterSet")).orElse(List.of())) {
                filter.children("objectSet").forEach(each -> take(each, changed));
            }
            Optional<String> version = updates.flatMap(each -> each.value("version"));
            if (version.isPresent()) {
                from = new Collector(from.ref(), from.login(), version.get());
            }
            more = updates.filter(each -> each.flag("truncated")).isPresent();
        }
        rereadAll(changed, deadline);
        Topology topology = new Topology(objects);
        collector = Optional.of(from);
        return topology;
    }

    /** @return empty when nothing had changed */
    private Optional<XmlNode> updates(Collector from, Deadline deadline) throws ProviderException, VimFault {
        return session.call(
                        WHAT,
                        "WaitForUpdatesEx",
                        from.ref(),
                        body -> body.text("version", from.version())
                                .element("options", options -> options.text("maxWaitSeconds", 0)
                                        .text("maxObjectUpdates", mostUpdates)),
                        deadline)
                .child("returnval");
    }

    private void take(XmlNode update, Set<MoRef> changed) {
        MoRef ref = update.ref("obj").orElseThrow(() -> new IllegalArgumentException("an update of no object"));
        String kind = update.value("kind").orElse("modify");
        if (kind.equals("leave")) {
            objects.remove(ref);
            changed.remove(ref);
            return;
        }
        Map<String, XmlNode> known = objects.computeIfAbsent(ref, each -> new HashMap<>());
        if (kind.equals("enter")) {
            known.clear();
            for (XmlNode change : update.children("changeSet")) {
                Optional<String> name = change.value("name");
                Optional<XmlNode> value = change.child("val");
                if (name.isPresent() && value.isPresent()) {
                    known.put(name.get(), value.get());
                }
            }
        } else {
            // A change may name a part of a property, or only hint at others: the object is read again as a whole.
            changed.add(ref);
        }
    }

    private void rereadAll(Set<MoRef> changed, Deadline deadline) throws ProviderException, VimFault {
        Map<String, List<MoRef>> byType = new TreeMap<>();
        changed.forEach(each ->
                byType.computeIfAbsent(each.type(), type -> new ArrayList<>()).add(each));
        for (Entry<String, List<MoRef>> each : byType.entrySet()) {
            List<MoRef> refs = each.getValue();
            for (int at = 0; at < refs.size(); at += REREAD_OBJECTS) {
                reread(each.getKey(), refs.subList(at, Math.min(refs.size(), at + REREAD_OBJECTS)), deadline);
            }
        }
    }

    private void reread(String type, List<MoRef> refs, Deadline deadline) throws ProviderException, VimFault {
        Set<MoRef> gone = new HashSet<>(refs);
        for (Properties.Read read : Properties.of(session, refs, pathsOf(type), deadline)) {
            objects.put(read.object(), new HashMap<>(read.values()));
            gone.remove(read.object());
        }
        objects.keySet().removeAll(gone);
    }

    private static List<String> pathsOf(String type) {
        List<String> paths = new ArrayList<>(WATCHED.getOrDefault(type, List.of()));
        switch (type) {
            case "ClusterComputeResource" -> paths.addAll(WATCHED.getOrDefault("ComputeResource", List.of()));
            case "DistributedVirtualPortgroup", "OpaqueNetwork" ->
                paths.addAll(WATCHED.getOrDefault("Network", List.of()));
            case "VmwareDistributedVirtualSwitch" ->
                paths.addAll(WATCHED.getOrDefault("DistributedVirtualSwitch", List.of()));
            case "VirtualApp" -> paths.addAll(WATCHED.getOrDefault("ResourcePool", List.of()));
            default -> {
                // watched under its own name
            }
        }
        return paths;
    }

    private Collector open(Deadline deadline) throws ProviderException, VimFault {
        var content = session.content(deadline);
        int login = session.logins();
        MoRef view = ref(session.call(
                WHAT,
                "CreateContainerView",
                content.viewManager(),
                body -> {
                    body.ref("container", content.rootFolder());
                    WATCHED.keySet().forEach(type -> body.text("type", type));
                    body.text("recursive", "true");
                },
                deadline));
        MoRef own =
                ref(session.call(WHAT, "CreatePropertyCollector", content.propertyCollector(), body -> {}, deadline));
        session.call(
                WHAT,
                "CreateFilter",
                own,
                body -> body.element("spec", spec -> filter(spec, view)).text("partialUpdates", "false"),
                deadline);
        return new Collector(own, login, "");
    }

    private static void filter(XmlBody spec, MoRef view) {
        WATCHED.forEach((type, paths) -> spec.element("propSet", set -> {
            set.text("type", type).text("all", "false");
            paths.forEach(path -> set.text("pathSet", path));
        }));
        spec.element("objectSet", set -> set.ref("obj", view)
                .text("skip", "true")
                .typed("selectSet", "TraversalSpec", traversal -> traversal
                        .text("name", "view")
                        .text("type", "ContainerView")
                        .text("path", "view")
                        .text("skip", "false")));
    }

    private static MoRef ref(XmlNode response) throws ProviderException {
        return response.ref("returnval")
                .orElseThrow(() -> new ProviderException(
                        FailureKind.BUG,
                        WHAT + " failed",
                        "the vCenter named no object",
                        "Report this with the version of the vCenter."));
    }
}
