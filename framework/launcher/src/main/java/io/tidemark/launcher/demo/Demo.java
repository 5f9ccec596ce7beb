package io.tidemark.launcher.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.cli.ApiClient;
import io.tidemark.cli.ApiException;
import io.tidemark.launcher.BundledPlugins;
import io.tidemark.launcher.demo.BlockComparison.Digests;
import io.tidemark.launcher.demo.DemoReport.Percentiles;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The story, step by step. Main thread. */
final class Demo {
    private static final String VPG = "bank";
    private static final int CHECKPOINT_SECONDS = 5;
    private static final long DISK_BYTES = 32L << 20;
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(3);
    private static final Duration SYNC_LIMIT = Duration.ofMinutes(5);
    /** Checkpoints to collect before and after the tagged one. */
    private static final int CHECKPOINTS_PER_ACT = 3;

    private static final Logger LOG = LoggerFactory.getLogger(Demo.class);

    private final Narrator narrator;
    private final CleanUp cleanUp = new CleanUp();
    private volatile boolean interrupted;

    Demo(Narrator narrator) {
        this.narrator = narrator;
    }

    /** A tagged checkpoint with what the source held then. */
    private record Tagged(CheckpointId id, Map<VolumeId, Digests> source) {}

    /** The recovered VMs and how long it took until their guests answered. */
    private record Recovered(Instant checkpoint, double rtoSeconds, Ledger.Verdict verdict) {}

    /** @return the exit code: 0 only when everything was verified */
    int run(DemoCommand.Choice choice, Optional<Path> report) {
        Thread onExit = new Thread(this::endEarly, "demo-clean-up");
        Runtime.getRuntime().addShutdownHook(onExit);
        try (cleanUp) {
            DemoReport measured = play(choice);
            if (report.isPresent()) {
                measured.write(report.get());
                narrator.say("Report written to " + report.get());
            }
            boolean verified = measured.ledgerVerified() && measured.blocksVerified();
            narrator.say(verified ? "VERIFIED: every check of this run passed" : "NOT VERIFIED: see above");
            narrator.pause("Everything is still running; it is removed when the demo ends.");
            narrator.say("Removing everything that the demo made …");
            return verified ? 0 : 1;
        } catch (Exception e) {
            if (interrupted) {
                return 1; // Ctrl-C took the ground away from under the step that ran; that is no failure of it.
            }
            narrator.say("The demo failed: " + e.getMessage());
            if (!(e instanceof DemoException)) {
                LOG.atError().setCause(e).log("The demo failed");
            }
            return 1;
        }
    }

    /** Ctrl-C, or a signal: says so and leaves nothing behind. At an ordinary end everything is removed already. */
    private void endEarly() {
        if (!cleanUp.hasBegun()) {
            interrupted = true;
            narrator.say("Interrupted. Removing everything that the demo made …");
            narrator.fallSilent();
        }
        cleanUp.close();
    }

    private DemoReport play(DemoCommand.Choice choice) throws Exception {
        narrator.say(
                "Tidemark demo: two sites, paris (protected) and lyon (recovery), that talk only over the network");
        Path root = workspace();
        DemoSite paris = narrator.step("Start both sites and pair them by a one-time token", () -> startSites(root));
        DemoSite lyon = recoverySite();
        String kind = narrator.step("Connect the hypervisor", () -> connectHypervisor(paris, lyon, choice));
        HypervisorSite source = paris.hypervisor(kind);
        narrator.say("  " + source.description());

        String suffix = Long.toHexString(System.nanoTime() & 0xffff);
        List<SampleVm> vms = narrator.step("Start two VMs that keep a ledger", () -> startVms(source, suffix));
        Ledger ledger = new Ledger(vms.get(0), vms.get(1));
        cleanUp.later("the workload", ledger::close);
        VpgId vpg = narrator.step(
                "Protect both as VPG '" + VPG + "': no reboot, no agent", () -> protect(paris, lyon, vms));
        ledger.start();
        narrator.step("Let the ledger grow under protection", () -> watch(paris, ledger, CHECKPOINTS_PER_ACT));
        narrator.say("  look around: TIDEMARK_URL=" + paris.server().restUrl() + " TIDEMARK_TOKEN=$(cat "
                + paris.server().adminTokenFile() + ") ./tidemark vpg list");
        Tagged tagged = narrator.step(
                "Tag a checkpoint and note every block of the source", () -> tag(paris, source, ledger, vms));
        narrator.step("Go on working", () -> watch(paris, ledger, CHECKPOINTS_PER_ACT));

        narrator.pause("Ready for the disaster.");
        JsonNode statistics = paris.api().get("/vpgs/" + VPG + "/statistics");
        Instant attack = narrator.step(
                "RANSOMWARE overwrites the disks from inside the guests", () -> attack(paris, lyon, ledger));
        JsonNode chosen = lyon.api()
                .get("/vpgs/" + VPG + "/checkpoints?limit=1&to=" + ApiClient.segment(attack.minusMillis(1)))
                .path("items")
                .path(0);
        narrator.say("  the last checkpoint before the damage is " + chosen.path("id") + ", cut at "
                + chosen.path("time").asText());
        Recovered recovered = narrator.step("Fail over to it at lyon", () -> failOver(lyon, kind, chosen, ledger));
        long different = narrator.step(
                "Compare the tagged checkpoint with the source as it was, block by block",
                () -> BlockComparison.differences(
                        tagged.source(),
                        BlockComparison.ofCheckpoint(lyon.server().journals(), vpg, tagged.id())));
        narrator.say("  " + BlockComparison.count(tagged.source()) + " blocks of "
                + tagged.source().size() + " volumes compared, " + different + " differ");
        return report(kind, suffix, ledger, statistics, attack, recovered, different == 0);
    }

    // ---- the acts ------------------------------------------------------------------------------------------------

    /** Short, for sockets, and passable for the user that runs the VMs. */
    private Path workspace() throws IOException {
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

    private final List<DemoSite> sites = new ArrayList<>();
    private Path plugins = Path.of("");

    private DemoSite recoverySite() {
        return sites.get(1);
    }

    private DemoSite startSites(Path root) throws Exception {
        plugins = root.resolve("plugins");
        BundledPlugins.copyTo(plugins);
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
        return paris;
    }

    private String connectHypervisor(DemoSite paris, DemoSite lyon, DemoCommand.Choice choice) throws Exception {
        String kind = choice == DemoCommand.Choice.sim ? "sim" : "kvm";
        String missing = paris.addHypervisor(kind, kind, settings("paris", kind));
        if (missing.isEmpty() && kind.equals("kvm")) {
            missing = paris.hypervisor(kind).sampleVms().isPresent() ? "" : "it cannot make sample VMs";
        }
        if (!missing.isEmpty()) {
            paris.api().delete("/hypervisors/" + kind);
            if (choice != DemoCommand.Choice.auto) {
                throw new DemoException("hypervisor '" + kind + "' is not available: " + missing);
            }
            narrator.say("  real VMs cannot run here (" + missing + "); using simulated ones");
            kind = "sim";
            missing = paris.addHypervisor(kind, kind, settings("paris", kind));
        }
        if (missing.isEmpty()) {
            missing = lyon.addHypervisor(kind, kind, settings("lyon", kind));
        }
        if (!missing.isEmpty()) {
            throw new DemoException("hypervisor '" + kind + "' is not available: " + missing);
        }
        return kind;
    }

    /** A site's own folder is closed to others; real VMs run as another user and need their disks where that user may go. */
    private Map<String, String> settings(String site, String kind) throws IOException {
        if (!kind.equals("kvm")) {
            return Map.of();
        }
        Path disks = Files.createDirectories(plugins.resolveSibling(site + "-vms"));
        Files.setPosixFilePermissions(disks, PosixFilePermissions.fromString("rwx--x--x"));
        return Map.of("storage-directory", disks.toString());
    }

    private static SampleVms samples(HypervisorSite site) throws DemoException {
        return site.sampleVms().orElseThrow(() -> new DemoException("the hypervisor cannot make sample VMs"));
    }

    private List<SampleVm> startVms(HypervisorSite source, String suffix) throws Exception {
        SampleVms samples = samples(source);
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

    private VpgId protect(DemoSite paris, DemoSite lyon, List<SampleVm> vms) throws Exception {
        ObjectNode request = DemoSite.json()
                .put("name", VPG)
                .put("recoverySite", lyon.server().site().name());
        vms.forEach(vm -> request.withArray("vms").add(vm.id().value()));
        request.putObject("policy").put("checkpointIntervalSeconds", CHECKPOINT_SECONDS);
        JsonNode answer = paris.run("/vpgs", request, narrator);
        long end = System.nanoTime() + SYNC_LIMIT.toNanos();
        while (true) {
            JsonNode vpg = paris.api().get("/vpgs/" + VPG);
            narrator.progress(
                    vpg.path("state").asText() + ": " + vpg.path("detail").asText());
            if (vpg.path("newestCheckpoint").hasNonNull("id")) {
                return VpgId.parse(answer.path("vpg").path("id").asText());
            }
            if (System.nanoTime() - end > 0) {
                throw new DemoException("the VPG has no checkpoint after " + SYNC_LIMIT.toMinutes() + " minutes");
            }
            Thread.sleep(200);
        }
    }

    private Long watch(DemoSite paris, Ledger ledger, int checkpoints) throws Exception {
        long goal = durable(paris) + checkpoints;
        while (durable(paris) < goal) {
            JsonNode vpg = paris.api().get("/vpgs/" + VPG);
            narrator.progress(String.format(
                    Locale.ROOT,
                    "%d transactions, %d checkpoints, RPO %.0f s, %s",
                    ledger.entries(),
                    durable(paris),
                    vpg.path("rpoSeconds").asDouble(),
                    vpg.path("state").asText()));
            Thread.sleep(1000);
        }
        return ledger.entries();
    }

    private static long durable(DemoSite paris) throws ApiException {
        return paris.api()
                .get("/vpgs/" + VPG + "/statistics")
                .path("checkpointsDurable")
                .asLong();
    }

    /** The workload rests while the tag is made, so that the source is the same before and after; a guest that wrote all the same is tried again. */
    private Tagged tag(DemoSite paris, HypervisorSite source, Ledger ledger, List<SampleVm> vms) throws Exception {
        List<VolumeId> volumes = new ArrayList<>();
        for (SampleVm vm : vms) {
            source.inventory()
                    .find(vm.id(), Deadline.after(BOOT_LIMIT))
                    .orElseThrow(() -> new DemoException("VM " + vm.id() + " is gone"))
                    .volumes()
                    .forEach(volume -> volumes.add(volume.id()));
        }
        var reader = source.volumeReader().orElseThrow(() -> new DemoException("the hypervisor cannot read volumes"));
        for (int attempt = 1; attempt <= 5; attempt++) {
            String name = "before-upgrade-" + attempt;
            Optional<Tagged> tagged = ledger.whileQuiet(() -> {
                Map<VolumeId, Digests> before = BlockComparison.ofSource(reader, volumes);
                JsonNode checkpoint = paris.api()
                        .post("/vpgs/" + VPG + "/checkpoints", DemoSite.json().put("tag", name));
                return BlockComparison.ofSource(reader, volumes).equals(before)
                        ? Optional.of(new Tagged(
                                new CheckpointId(checkpoint.path("id").asLong()), before))
                        : Optional.empty();
            });
            if (tagged.isPresent()) {
                narrator.say("  checkpoint " + tagged.get().id() + " is tagged '" + name + "'");
                return tagged.get();
            }
            narrator.say("  a guest wrote meanwhile; tagging again");
        }
        throw new DemoException("the guests never rested long enough to compare their disks");
    }

    /** Returns when the first damaging write was about to be made; ends once the damage itself is in a checkpoint at the other site. */
    private Instant attack(DemoSite paris, DemoSite lyon, Ledger ledger) throws Exception {
        ledger.stop();
        narrator.say("  " + ledger.entries() + " transactions were acknowledged");
        Instant attack = Instant.now();
        ledger.scramble();
        Instant over = Instant.now();
        long end = System.nanoTime() + SYNC_LIMIT.toNanos();
        while (true) {
            JsonNode newest = lyon.api()
                    .get("/vpgs/" + VPG + "/checkpoints?limit=1")
                    .path("items")
                    .path(0);
            if (Instant.parse(newest.path("time").asText()).isAfter(over)) {
                narrator.say(
                        "  the damage has been replicated faithfully: checkpoint " + newest.path("id") + " holds it");
                return attack;
            }
            if (System.nanoTime() - end > 0) {
                throw new DemoException("no checkpoint after the attack: "
                        + paris.api().get("/vpgs/" + VPG).path("detail").asText());
            }
            Thread.sleep(200);
        }
    }

    private Recovered failOver(DemoSite lyon, String kind, JsonNode chosen, Ledger ledger) throws Exception {
        ObjectNode request = DemoSite.json().put("type", "FAILOVER").put("sourceShutdown", "NONE");
        request.putObject("checkpoint").put("id", chosen.path("id").asLong());
        request.putObject("commit").put("policy", "NONE");
        long requested = System.nanoTime();
        JsonNode started = lyon.run("/vpgs/" + VPG + "/recoveries", request, narrator);
        String recovery = "/recoveries/"
                + started.path("id").asText(started.path("recovery").path("id").asText());
        cleanUp.later("the recovered VMs", () -> lyon.run(recovery + "/rollback", DemoSite.json(), narrator));
        SampleVms samples = samples(lyon.hypervisor(kind));
        List<SampleVm> guests = new ArrayList<>();
        for (JsonNode vm : lyon.api().get(recovery).path("vms")) {
            guests.add(samples.connect(new VmId(vm.path("id").asText()), Deadline.after(BOOT_LIMIT)));
        }
        double seconds = (System.nanoTime() - requested) / 1e9;
        try {
            Instant checkpoint = Instant.parse(chosen.path("time").asText());
            Ledger.Verdict verdict = ledger.judge(guests.get(0), guests.get(1), checkpoint);
            narrator.say(String.format(
                    Locale.ROOT,
                    "  the recovered guests answered %.1f s after the request; their ledgers hold %d and %d transactions",
                    seconds,
                    verdict.database(),
                    verdict.application()));
            verdict.objections().forEach(objection -> narrator.say("  NOT SOUND: " + objection));
            return new Recovered(checkpoint, seconds, verdict);
        } finally {
            guests.forEach(SampleVm::close);
        }
    }

    // ---- the figures ---------------------------------------------------------------------------------------------

    private DemoReport report(
            String kind,
            String suffix,
            Ledger ledger,
            JsonNode statistics,
            Instant attack,
            Recovered recovered,
            boolean blocksVerified) {
        JsonNode rpo = statistics.path("rpoMillis");
        JsonNode hold = statistics.path("holdNanos");
        DemoReport report = new DemoReport(
                kind,
                List.of(
                        new DemoReport.Vm(
                                "bank-db-" + suffix,
                                List.of(DISK_BYTES, DISK_BYTES),
                                ledger.entries(),
                                recovered.verdict().database()),
                        new DemoReport.Vm(
                                "bank-app-" + suffix,
                                List.of(DISK_BYTES),
                                ledger.entries(),
                                recovered.verdict().application())),
                statistics.path("checkpointsDurable").asLong(),
                CHECKPOINT_SECONDS,
                new Percentiles(
                        rpo.path("p50").asDouble() / 1e3,
                        rpo.path("p95").asDouble() / 1e3,
                        null,
                        rpo.path("max").asDouble() / 1e3),
                new Percentiles(
                        hold.path("p50").asDouble() / 1e6,
                        null,
                        hold.path("p99").asDouble() / 1e6,
                        hold.path("max").asDouble() / 1e6),
                recovered.checkpoint().toString(),
                Duration.between(recovered.checkpoint(), attack).toMillis() / 1e3,
                recovered.rtoSeconds(),
                recovered.verdict().sound(),
                blocksVerified,
                narrator.steps());
        narrator.say(String.format(
                Locale.ROOT,
                "RPO p50 %.1f s, p95 %.1f s, max %.1f s · hold max %.3f ms · %.1f s of writes lost · RTO %.1f s",
                report.rpoSeconds().p50(),
                rpo.path("p95").asDouble() / 1e3,
                report.rpoSeconds().max(),
                report.holdMillis().max(),
                report.secondsOfWritesLost(),
                report.rtoSeconds()));
        return report;
    }
}
