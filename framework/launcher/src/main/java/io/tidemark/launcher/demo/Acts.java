package io.tidemark.launcher.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.cli.ApiException;
import io.tidemark.launcher.demo.BlockComparison.Digests;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.site.HypervisorSite;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What is done to the VMs in the story, from their protection to the failover; mostly through the API, as a person would. Main thread. */
final class Acts {
    static final String VPG = "bank";
    static final int CHECKPOINT_SECONDS = 5;
    private static final Duration SYNC_LIMIT = Duration.ofMinutes(5);

    private final Narrator narrator;
    private final CleanUp cleanUp;
    private final DemoSite paris;
    private final DemoSite lyon;
    private final Ledger ledger;

    Acts(Narrator narrator, CleanUp cleanUp, DemoWorld world, Ledger ledger) {
        this.narrator = narrator;
        this.cleanUp = cleanUp;
        this.paris = world.paris();
        this.lyon = world.lyon();
        this.ledger = ledger;
    }

    /** A tagged checkpoint with what the source held then. */
    record Tagged(CheckpointId id, Map<VolumeId, Digests> source) {}

    /** The recovered VMs, in the order of the VPG's, and when they were asked for. */
    record FailedOver(List<VmId> vms, long requestedNanos) {}

    /** @param target name of the recovery hypervisor */
    VpgId protect(List<SampleVm> vms, String target) throws Exception {
        ObjectNode request = DemoSite.json()
                .put("name", VPG)
                .put("recoverySite", lyon.server().site().name())
                .put("recoveryHypervisor", target);
        vms.forEach(vm -> request.withArray("vms").add(vm.id().value()));
        request.putObject("policy").put("checkpointIntervalSeconds", CHECKPOINT_SECONDS);
        JsonNode answer = paris.run("/vpgs", request, narrator);
        cleanUp.later("the VPG", this::endProtection);
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

    /** Removes what protection made at both sites, and what is staged at a target. */
    private void endProtection() throws Exception {
        JsonNode task = deleteVpg();
        JsonNode end = paris.api().awaitTask(task.path("id").asText(), SYNC_LIMIT, narrator::task);
        if (!end.path("state").asText().equals("SUCCEEDED")) {
            throw new DemoException("the VPG was not deleted: " + end.path("error"));
        }
    }

    /** The protected site hears with its next heartbeat only that the recovery is over, and refuses until then. */
    private JsonNode deleteVpg() throws Exception {
        long end = System.nanoTime() + DemoWorld.BOOT_LIMIT.toNanos();
        while (true) {
            try {
                return paris.api().delete("/vpgs/" + VPG + "?journals=DELETE&peerAbsence=FAIL");
            } catch (ApiException e) {
                if (e.status() != 409 || System.nanoTime() - end > 0) {
                    throw e;
                }
            }
            Thread.sleep(200);
        }
    }

    /** Where the target stages: waits until a checkpoint is there, and tells which. */
    String awaitStaged() throws Exception {
        long end = System.nanoTime() + SYNC_LIMIT.toNanos();
        while (true) {
            JsonNode staging = lyon.api().get("/vpgs/" + VPG).path("staging");
            if (!staging.isObject()) {
                return "the target stages nothing ahead";
            }
            if (staging.path("checkpoint").isObject()) {
                return "checkpoint " + staging.path("checkpoint").path("id") + " is at the target";
            }
            String problem = staging.path("problem").asText();
            narrator.progress(
                    problem.isEmpty()
                            ? "staged "
                                    + Math.round(100 * staging.path("progress").asDouble()) + " %"
                            : problem);
            if (System.nanoTime() - end > 0) {
                throw new DemoException("nothing is staged after " + SYNC_LIMIT.toMinutes() + " minutes: " + problem);
            }
            Thread.sleep(200);
        }
    }

    Long watch(int checkpoints) throws Exception {
        long goal = durable() + checkpoints;
        while (durable() < goal) {
            JsonNode vpg = paris.api().get("/vpgs/" + VPG);
            narrator.progress(String.format(
                    Locale.ROOT,
                    "%d transactions, %d checkpoints, RPO %.0f s, %s",
                    ledger.entries(),
                    durable(),
                    vpg.path("rpoSeconds").asDouble(),
                    vpg.path("state").asText()));
            Thread.sleep(1000);
        }
        return ledger.entries();
    }

    private long durable() throws ApiException {
        return paris.api()
                .get("/vpgs/" + VPG + "/statistics")
                .path("checkpointsDurable")
                .asLong();
    }

    /** The workload rests while the tag is made, so that the source is the same before and after; a guest that wrote all the same is tried again. */
    Tagged tag(HypervisorSite source, List<SampleVm> vms) throws Exception {
        List<VolumeId> volumes = new ArrayList<>();
        for (SampleVm vm : vms) {
            source.inventory()
                    .find(vm.id(), Deadline.after(DemoWorld.BOOT_LIMIT))
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
    Instant attack() throws Exception {
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

    FailedOver failOver(JsonNode chosen) throws Exception {
        ObjectNode request = DemoSite.json().put("type", "FAILOVER").put("sourceShutdown", "NONE");
        request.putObject("checkpoint").put("id", chosen.path("id").asLong());
        request.putObject("commit").put("policy", "NONE");
        long requested = System.nanoTime();
        JsonNode started = lyon.run("/vpgs/" + VPG + "/recoveries", request, narrator);
        String recovery = "/recoveries/"
                + started.path("id").asText(started.path("recovery").path("id").asText());
        cleanUp.later("the recovered VMs", () -> lyon.run(recovery + "/rollback", DemoSite.json(), narrator));
        JsonNode task = lyon.api().get("/tasks/" + started.path("task").asText());
        for (JsonNode step : task.path("steps")) {
            if (step.path("title").asText().equals("Create VMs")) {
                narrator.say("  " + step.path("message").asText());
            }
        }
        List<VmId> vms = new ArrayList<>();
        for (JsonNode vm : lyon.api().get(recovery).path("vms")) {
            vms.add(new VmId(vm.path("id").asText()));
        }
        return new FailedOver(vms, requested);
    }
}
