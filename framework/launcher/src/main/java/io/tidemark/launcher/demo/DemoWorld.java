package io.tidemark.launcher.demo;

import io.tidemark.launcher.BundledPlugins;
import io.tidemark.launcher.demo.ProjectHome.Role;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.HypervisorSite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the story happens in: a folder, the two sites, their hypervisors and recovery target, and the VMs. All of it goes with the
 * {@link CleanUp}. Main thread.
 */
final class DemoWorld {
    static final long DISK_BYTES = 32L << 20;
    static final Duration BOOT_LIMIT = Duration.ofMinutes(3);
    private static final String AUTO = "auto";
    private static final String SIMULATED = "sim";
    private static final String REAL = "kvm";

    private final Narrator narrator;
    private final CleanUp cleanUp;
    private final ProjectHome home;
    private final Path root;
    private final DemoSite paris;
    private final DemoSite lyon;

    private DemoWorld(Narrator narrator, CleanUp cleanUp, ProjectHome home, Path root, DemoSite paris, DemoSite lyon) {
        this.narrator = narrator;
        this.cleanUp = cleanUp;
        this.home = home;
        this.root = root;
        this.paris = paris;
        this.lyon = lyon;
    }

    /**
     * What an operator chose, checked before anything is started.
     *
     * @param hypervisor {@code auto}, {@code kvm}, {@code sim} or the name of a program of {@link Role#SITE}
     * @param target a name of {@link Role#TARGET}; empty for the hypervisor itself
     */
    record Choice(String hypervisor, Optional<String> target) {
        static final List<String> BUILT_IN = List.of(AUTO, REAL, SIMULATED);

        /** Refuses a name that is not there, with a list of those that are. */
        void check(ProjectHome home) throws DemoException {
            if (!BUILT_IN.contains(hypervisor)) {
                var _ = home.program(Role.SITE, "--hypervisor", hypervisor, BUILT_IN);
            }
            if (target.isPresent()) {
                var _ = home.program(Role.TARGET, "--target", target.get(), List.of());
            }
        }
    }

    /** Starts both sites and pairs them. */
    static DemoWorld start(Narrator narrator, CleanUp cleanUp, ProjectHome home) throws Exception {
        Path root = workspace(cleanUp);
        Path plugins = root.resolve("plugins");
        BundledPlugins.copyTo(plugins);
        List<DemoSite> sites = new ArrayList<>();
        for (String name : List.of("paris", "lyon")) {
            DemoSite site = DemoSite.start(name, root.resolve(name), plugins);
            cleanUp.later("site " + name, site::close);
            sites.add(site);
        }
        DemoSite paris = sites.get(0);
        DemoSite lyon = sites.get(1);
        String token =
                lyon.api().post("/sites/self/pairing-tokens").path("token").asText();
        paris.api().post("/sites/peers", DemoSite.json().put("token", token));
        return new DemoWorld(narrator, cleanUp, home, root, paris, lyon);
    }

    /** Short, for sockets, and passable for the user that runs the VMs. */
    private static Path workspace(CleanUp cleanUp) throws IOException {
        Path root = Files.createTempDirectory(Path.of("/tmp"), "tm-");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        cleanUp.later("the folder " + root, () -> delete(root));
        return root;
    }

    private static void delete(Path root) throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> all = Files.walk(root)) {
            deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path each : deepestFirst) {
            Files.deleteIfExists(each);
        }
    }

    DemoSite paris() {
        return paris;
    }

    DemoSite lyon() {
        return lyon;
    }

    /** A folder of the workspace that is not there yet. */
    Path folder(String name) {
        return root.resolve(name);
    }

    /** Adds the hypervisor of the VMs to both sites, under its name, which is returned. */
    String connectHypervisor(String choice) throws Exception {
        return switch (choice) {
            case AUTO -> connectBuiltIn(REAL, true);
            case REAL, SIMULATED -> connectBuiltIn(choice, false);
            default -> {
                for (Map.Entry<String, DemoSite> site : List.of(Map.entry("paris", paris), Map.entry("lyon", lyon))) {
                    Surroundings around = surroundings(Role.SITE, "--hypervisor", choice, site.getKey());
                    add(site.getValue(), choice, around.kind(), around.settings());
                }
                yield choice;
            }
        };
    }

    private String connectBuiltIn(String kind, boolean otherwiseSimulated) throws Exception {
        String missing = paris.addHypervisor(kind, kind, settings("paris", kind));
        if (missing.isEmpty() && kind.equals(REAL)) {
            missing = paris.hypervisor(kind).sampleVms().isPresent() ? "" : "it cannot make sample VMs";
        }
        if (!missing.isEmpty()) {
            paris.api().delete("/hypervisors/" + kind);
            if (!otherwiseSimulated) {
                throw new DemoException("hypervisor '" + kind + "' is not available: " + missing);
            }
            narrator.say("  real VMs cannot run here (" + missing + "); using simulated ones");
            return connectBuiltIn(SIMULATED, false);
        }
        add(lyon, kind, kind, settings("lyon", kind));
        return kind;
    }

    /** A site's own folder is closed to others; real VMs run as another user and need their disks where that user may go. */
    private Map<String, String> settings(String site, String kind) throws IOException {
        if (!kind.equals(REAL)) {
            return Map.of();
        }
        Path disks = Files.createDirectories(root.resolve(site + "-vms"));
        Files.setPosixFilePermissions(disks, PosixFilePermissions.fromString("rwx--x--x"));
        return Map.of("storage-directory", disks.toString());
    }

    /** Adds the recovery target to the recovery site, beside the hypervisor; its name is returned. */
    String connectTarget(String name) throws Exception {
        Surroundings around = surroundings(Role.TARGET, "--target", name);
        String instance = name + "-target";
        add(lyon, instance, around.kind(), around.settings());
        if (lyon.hypervisor(instance).recoveryTarget().isEmpty()) {
            throw new DemoException("target '" + name + "' cannot recover VMs");
        }
        return instance;
    }

    private Surroundings surroundings(Role role, String option, String name, String... first) throws Exception {
        Path program = home.program(role, option, name, Choice.BUILT_IN);
        String label = String.join("-", List.of(first)) + name;
        Path work = Files.createDirectories(root.resolve("around-" + label));
        List<String> arguments = new ArrayList<>(List.of(first));
        arguments.add(work.toString());
        Surroundings started = Surroundings.start(program, arguments, root.resolve("around-" + label + ".log"));
        cleanUp.later("what " + program + " started", started::close);
        return started;
    }

    private static void add(DemoSite site, String name, String kind, Map<String, String> settings) throws Exception {
        String missing = site.addHypervisor(name, kind, settings);
        if (!missing.isEmpty()) {
            throw new DemoException("hypervisor '" + name + "' is not available: " + missing);
        }
    }

    /** Makes the two VMs of the story at the protected site. */
    List<SampleVm> startVms(HypervisorSite source, String suffix) throws Exception {
        SampleVms samples =
                source.sampleVms().orElseThrow(() -> new DemoException("the hypervisor cannot make sample VMs"));
        OperationId operation = OperationId.random();
        cleanUp.later("the VMs", () -> samples.removeAll(operation, Deadline.after(BOOT_LIMIT)));
        List<SampleVm> vms = new ArrayList<>();
        for (SampleVmSpec spec : List.of(
                new SampleVmSpec("bank-db-" + suffix, List.of(DISK_BYTES, DISK_BYTES)),
                new SampleVmSpec("bank-app-" + suffix, List.of(DISK_BYTES)))) {
            vms.add(samples.create(spec, operation, Deadline.after(BOOT_LIMIT)));
            narrator.say("  " + spec.name() + " runs, with "
                    + spec.diskSizesBytes().size() + " disk(s) of " + (DISK_BYTES >> 20) + " MiB");
        }
        return vms;
    }
}
