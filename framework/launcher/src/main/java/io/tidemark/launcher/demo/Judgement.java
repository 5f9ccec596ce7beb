package io.tidemark.launcher.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.launcher.demo.Acts.FailedOver;
import io.tidemark.launcher.demo.BlockComparison.Digests;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.VmDescription;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Judges what was recovered: by the recovered guests themselves, or, where the target runs none, by what is read back from it. Main thread. */
final class Judgement {
    private final Narrator narrator;
    private final CleanUp cleanUp;
    private final DemoWorld world;
    private final Ledger ledger;
    private final HypervisorSite target;
    private final HypervisorSite judge;

    /**
     * @param target where the VMs were recovered to
     * @param judge a hypervisor at the same site on which sample VMs run; may be the target
     */
    Judgement(
            Narrator narrator,
            CleanUp cleanUp,
            DemoWorld world,
            Ledger ledger,
            HypervisorSite target,
            HypervisorSite judge) {
        this.narrator = narrator;
        this.cleanUp = cleanUp;
        this.world = world;
        this.ledger = ledger;
        this.target = target;
        this.judge = judge;
    }

    /**
     * What was found.
     *
     * @param rtoSeconds until the guests answered; where none runs, until the target ran the VMs
     * @param blocksDiffering of the disks that were read back, from the recovered checkpoint; 0 where guests answered
     */
    record Recovered(Instant checkpoint, double rtoSeconds, Ledger.Verdict verdict, long blocksDiffering) {}

    Recovered judge(FailedOver failedOver, VpgId vpg, JsonNode chosen, List<VmDescription> sources) throws Exception {
        Instant checkpoint = Instant.parse(chosen.path("time").asText());
        if (target.sampleVms().isPresent()) {
            List<SampleVm> guests = connect(target.sampleVms().get(), failedOver.vms());
            double seconds = (System.nanoTime() - failedOver.requestedNanos()) / 1e9;
            Ledger.Verdict verdict = ask(guests, checkpoint);
            tell("the recovered guests answered", seconds, verdict);
            return new Recovered(checkpoint, seconds, verdict, 0);
        }
        double seconds = (System.nanoTime() - failedOver.requestedNanos()) / 1e9;
        narrator.say("  no guest can run on this target: its disks are read back");
        ReadBack readBack = new ReadBack(target, judge, world.folder("copies"), cleanUp);
        List<ReadBack.Disks> vms = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            vms.add(readBack.read(sources.get(i), failedOver.vms().get(i)));
        }
        CheckpointId id = new CheckpointId(chosen.path("id").asLong());
        Map<VolumeId, Digests> expected =
                BlockComparison.ofCheckpoint(world.lyon().server().journals(), vpg, id);
        long different = BlockComparison.differences(expected, ReadBack.digests(vms));
        narrator.say("  " + BlockComparison.count(expected) + " blocks of the recovered disks compared with checkpoint "
                + id + ", " + different + " differ");
        Ledger.Verdict verdict = ask(readBack.boot(vms), checkpoint);
        tell("the target ran the VMs", seconds, verdict);
        return new Recovered(checkpoint, seconds, verdict, different);
    }

    private static List<SampleVm> connect(SampleVms samples, List<VmId> vms) throws Exception {
        List<SampleVm> guests = new ArrayList<>();
        for (VmId vm : vms) {
            guests.add(samples.connect(vm, Deadline.after(DemoWorld.BOOT_LIMIT)));
        }
        return guests;
    }

    private Ledger.Verdict ask(List<SampleVm> guests, Instant checkpoint) throws Exception {
        try {
            return ledger.judge(guests.get(0), guests.get(1), checkpoint);
        } finally {
            guests.forEach(SampleVm::close);
        }
    }

    private void tell(String what, double seconds, Ledger.Verdict verdict) {
        narrator.say(String.format(
                Locale.ROOT,
                "  %s %.1f s after the request; the recovered ledgers hold %d and %d transactions",
                what,
                seconds,
                verdict.database(),
                verdict.application()));
        verdict.objections().forEach(objection -> narrator.say("  NOT SOUND: " + objection));
    }
}
