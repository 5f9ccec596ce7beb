package io.tidemark.launcher.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.cli.ApiClient;
import io.tidemark.launcher.demo.Acts.FailedOver;
import io.tidemark.launcher.demo.Acts.Tagged;
import io.tidemark.launcher.demo.DemoReport.Percentiles;
import io.tidemark.launcher.demo.Judgement.Recovered;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.VmDescription;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The story, step by step. Main thread. */
final class Demo {
    private static final String VPG = Acts.VPG;
    /** Checkpoints to collect before and after the tagged one. */
    private static final int CHECKPOINTS_PER_ACT = 3;

    private static final Logger LOG = LoggerFactory.getLogger(Demo.class);

    private final Narrator narrator;
    private final ProjectHome home;
    private final CleanUp cleanUp = new CleanUp();
    private volatile boolean interrupted;

    Demo(Narrator narrator, ProjectHome home) {
        this.narrator = narrator;
        this.home = home;
    }

    /** @return the exit code: 0 only when everything was verified */
    int run(DemoWorld.Choice choice, Optional<Path> report) {
        Thread onExit = new Thread(this::endEarly, "demo-clean-up");
        Runtime.getRuntime().addShutdownHook(onExit);
        try (cleanUp) {
            choice.check(home);
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

    private DemoReport play(DemoWorld.Choice choice) throws Exception {
        narrator.say(
                "Tidemark demo: two sites, paris (protected) and lyon (recovery), that talk only over the network");
        Stage stage = setUp(choice);
        DemoWorld world = stage.world();
        DemoSite paris = world.paris();
        DemoSite lyon = world.lyon();
        String kind = stage.hypervisor();
        String target = stage.target();
        HypervisorSite source = paris.hypervisor(kind);

        String suffix = Long.toHexString(System.nanoTime() & 0xffff);
        List<SampleVm> vms = narrator.step("Start two VMs that keep a ledger", () -> world.startVms(source, suffix));
        Ledger ledger = new Ledger(vms.get(0), vms.get(1));
        cleanUp.later("the workload", ledger::close);
        Acts acts = new Acts(narrator, cleanUp, world, ledger);
        VpgId vpg = narrator.step(
                "Protect both as VPG '" + VPG + "': no reboot, no agent", () -> acts.protect(vms, target));
        ledger.start();
        narrator.step("Let the ledger grow under protection", () -> acts.watch(CHECKPOINTS_PER_ACT));
        narrator.say("  look around: TIDEMARK_URL=" + paris.server().restUrl() + " TIDEMARK_TOKEN=$(cat "
                + paris.server().adminTokenFile() + ") ./tidemark vpg list");
        if (choice.target().isPresent()) {
            String staged = narrator.step("See what is staged at the target", acts::awaitStaged);
            narrator.say("  " + staged);
        }
        Tagged tagged =
                narrator.step("Tag a checkpoint and note every block of the source", () -> acts.tag(source, vms));
        narrator.step("Go on working", () -> acts.watch(CHECKPOINTS_PER_ACT));

        narrator.pause("Ready for the disaster.");
        JsonNode statistics = paris.api().get("/vpgs/" + VPG + "/statistics");
        Instant attack = narrator.step("RANSOMWARE overwrites the disks from inside the guests", acts::attack);
        JsonNode chosen = lyon.api()
                .get("/vpgs/" + VPG + "/checkpoints?limit=1&to=" + ApiClient.segment(attack.minusMillis(1)))
                .path("items")
                .path(0);
        narrator.say("  the last checkpoint before the damage is " + chosen.path("id") + ", cut at "
                + chosen.path("time").asText());
        List<VmDescription> sources = describe(source, vms);
        Judgement judgement =
                new Judgement(narrator, cleanUp, world, ledger, lyon.hypervisor(target), lyon.hypervisor(kind));
        Recovered recovered = narrator.step("Fail over to it at lyon", () -> {
            FailedOver failedOver = acts.failOver(chosen);
            return judgement.judge(failedOver, vpg, chosen, sources);
        });
        long different = narrator.step(
                "Compare the tagged checkpoint with the source as it was, block by block",
                () -> BlockComparison.differences(
                        tagged.source(),
                        BlockComparison.ofCheckpoint(lyon.server().journals(), vpg, tagged.id())));
        narrator.say("  " + BlockComparison.count(tagged.source()) + " blocks of "
                + tagged.source().size() + " volumes compared, " + different + " differ");
        boolean blocksVerified = different == 0 && recovered.blocksDiffering() == 0;
        return report(
                kind, choice.target().orElse(kind), sources, ledger, statistics, attack, recovered, blocksVerified);
    }

    /** Where the story plays: the names of the VMs' hypervisor, and of the recovery target, which may be the same. */
    private record Stage(DemoWorld world, String hypervisor, String target) {}

    private Stage setUp(DemoWorld.Choice choice) throws Exception {
        DemoWorld world = narrator.step(
                "Start both sites and pair them by a one-time token", () -> DemoWorld.start(narrator, cleanUp, home));
        String kind = narrator.step("Connect the hypervisor", () -> world.connectHypervisor(choice.hypervisor()));
        narrator.say("  " + world.paris().hypervisor(kind).description());
        String target = choice.target().isEmpty()
                ? kind
                : narrator.step(
                        "Connect the recovery target",
                        () -> world.connectTarget(choice.target().get()));
        if (choice.target().isPresent()) {
            narrator.say("  " + world.lyon().hypervisor(target).description());
        }
        return new Stage(world, kind, target);
    }

    private static List<VmDescription> describe(HypervisorSite source, List<SampleVm> vms) throws Exception {
        List<VmDescription> described = new ArrayList<>();
        for (SampleVm vm : vms) {
            described.add(source.inventory()
                    .find(vm.id(), Deadline.after(DemoWorld.BOOT_LIMIT))
                    .orElseThrow(() -> new DemoException("VM " + vm.id() + " is gone")));
        }
        return described;
    }

    private DemoReport report(
            String kind,
            String target,
            List<VmDescription> sources,
            Ledger ledger,
            JsonNode statistics,
            Instant attack,
            Recovered recovered,
            boolean blocksVerified) {
        JsonNode rpo = statistics.path("rpoMillis");
        JsonNode hold = statistics.path("holdNanos");
        DemoReport report = new DemoReport(
                kind,
                target,
                List.of(
                        new DemoReport.Vm(
                                sources.get(0).name(),
                                List.of(DemoWorld.DISK_BYTES, DemoWorld.DISK_BYTES),
                                ledger.entries(),
                                recovered.verdict().database()),
                        new DemoReport.Vm(
                                sources.get(1).name(),
                                List.of(DemoWorld.DISK_BYTES),
                                ledger.entries(),
                                recovered.verdict().application())),
                statistics.path("checkpointsDurable").asLong(),
                Acts.CHECKPOINT_SECONDS,
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
