package io.tidemark.server.dataplane;

import io.tidemark.control.dataplane.CheckpointKind;
import io.tidemark.control.dataplane.JournalPolicy;
import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.dataplane.ProtectedVpg;
import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.HistoryLimits;
import io.tidemark.journal.JournalCorruptException;
import io.tidemark.journal.JournalId;
import io.tidemark.journal.JournalRefusedException;
import io.tidemark.journal.JournalSpec;
import io.tidemark.journal.JournalVolume;
import io.tidemark.journal.ScrubReport;
import io.tidemark.journal.Thinning;
import io.tidemark.replication.receive.RecoveryJournals;
import io.tidemark.replication.receive.RecoveryJournals.Usage;
import io.tidemark.replication.receive.VpgRoom;
import io.tidemark.replication.serve.ServedCheckpoints;
import io.tidemark.spi.block.BlockAddress.UnixSocket;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The journals of this site in control's words. */
record ReplicationJournalStore(RecoveryJournals journals, ServedCheckpoints served) implements JournalStore {
    @Override
    public void prepare(ProtectedVpg vpg, SiteId source) throws ProviderException {
        List<JournalSpec> members = vpg.members().stream()
                .map(member -> new JournalSpec(
                        new JournalId(vpg.id(), member.vm()),
                        member.volumes().stream()
                                .map(volume -> new JournalVolume(volume.id(), volume.sizeBytes()))
                                .toList()))
                .toList();
        run("Journals of VPG '" + vpg.name() + "' cannot be prepared", () -> {
            journals.prepare(vpg.id(), source, vpg.epoch(), members);
            return vpg;
        });
    }

    @Override
    public List<JournalCheckpoint> checkpoints(VpgId vpg) throws ProviderException {
        return journals.checkpoints(vpg).stream()
                .map(ReplicationJournalStore::checkpoint)
                .toList();
    }

    @Override
    public Optional<JournalCheckpoint> newestCheckpoint(VpgId vpg) throws ProviderException {
        return journals.newestCheckpoint(vpg).map(ReplicationJournalStore::checkpoint);
    }

    @Override
    public List<DamagedCheckpoint> damagedCheckpoints(VpgId vpg) throws ProviderException {
        return journals.damagedCheckpoints(vpg).stream()
                .map(damaged -> new DamagedCheckpoint(checkpoint(damaged.checkpoint()), damaged.members()))
                .toList();
    }

    private static JournalCheckpoint checkpoint(CheckpointRecord stored) {
        return new JournalCheckpoint(
                stored.id(),
                stored.time(),
                CheckpointKind.valueOf(stored.kind().name()),
                stored.tag(),
                Pinning.valueOf(stored.pinning().name()));
    }

    @Override
    public void setPinned(VpgId vpg, CheckpointId checkpoint, Pinning pinning) throws ProviderException {
        run("Checkpoint " + checkpoint + " cannot be " + (pinning == Pinning.PINNED ? "pinned" : "unpinned"), () -> {
            journals.setPinning(vpg, checkpoint, io.tidemark.journal.Pinning.valueOf(pinning.name()));
            return checkpoint;
        });
    }

    @Override
    public void limit(VpgId vpg, JournalPolicy policy) throws ProviderException {
        run("The journals of VPG " + vpg + " cannot be limited", () -> {
            journals.limit(vpg, limits(policy));
            return vpg;
        });
    }

    @Override
    public void age(VpgId vpg, JournalPolicy policy, Instant end) throws ProviderException {
        run("Ageing of VPG " + vpg + " failed", () -> {
            journals.age(vpg, limits(policy), end);
            return vpg;
        });
    }

    static HistoryLimits limits(JournalPolicy policy) {
        return new HistoryLimits(
                policy.history(),
                policy.limits().maxBytes().orElse(VpgRoom.UNLIMITED),
                HistoryLimits.WhenFull.valueOf(policy.limits().whenFull().name()),
                new Thinning(policy.limits().thinning().stream()
                        .map(tier -> new Thinning.Tier(tier.olderThan(), tier.keepOneEvery()))
                        .toList()));
    }

    @Override
    public JournalScrub scrub(VpgId vpg, VmId member) throws ProviderException {
        return run("The journal of VM " + member + " cannot be scrubbed", () -> {
            ScrubReport report = journals.scrub(vpg, member);
            return new JournalScrub(
                    report.bytesRead(),
                    report.damages().stream()
                            .map(damage -> new Damage(
                                    damage.file().toString(), damage.offset(), damage.what(), damage.isHarmless()))
                            .toList(),
                    report.unselectableCheckpoints());
        });
    }

    @Override
    public void fence(VpgId vpg, long epoch) throws ProviderException {
        run("VPG " + vpg + " cannot be fenced", () -> {
            journals.fence(vpg, epoch);
            return vpg;
        });
    }

    @Override
    public Map<VolumeId, UnixSocket> serve(VpgId vpg, CheckpointId checkpoint, OperationId operation, Access access)
            throws ProviderException {
        return run(
                "Checkpoint " + checkpoint + " cannot be served",
                () -> served.serve(vpg, checkpoint, operation, ServedCheckpoints.Access.valueOf(access.name())));
    }

    @Override
    public void release(OperationId operation) throws ProviderException {
        run("The volumes of operation " + operation + " cannot be released", () -> {
            served.release(operation);
            return operation;
        });
    }

    @Override
    public BlockDevice openView(VpgId vpg, CheckpointId checkpoint, VolumeId volume) throws ProviderException {
        return run(
                "Volume " + volume + " cannot be opened at checkpoint " + checkpoint,
                () -> served.open(vpg, checkpoint, volume));
    }

    @Override
    public Optional<List<BlockExtent>> changedBetween(VpgId vpg, VolumeId volume, CheckpointId one, CheckpointId other)
            throws ProviderException {
        return run(
                "What changed on volume " + volume + " between checkpoints " + one + " and " + other
                        + " cannot be told",
                () -> journals.changedBetween(vpg, volume, one, other));
    }

    @Override
    public Optional<JournalUsage> usage(VpgId vpg) throws ProviderException {
        return run("The usage of VPG " + vpg + " cannot be told", () -> {
            Optional<Map<VmId, Usage>> byVm = journals.usage(vpg);
            if (byVm.isEmpty()) {
                return Optional.empty();
            }
            long journalBytes = 0;
            long baseBytes = 0;
            Map<VmId, Long> positions = new LinkedHashMap<>();
            for (Map.Entry<VmId, Usage> vm : byVm.get().entrySet()) {
                baseBytes += vm.getValue().statistics().baseBytes();
                journalBytes += vm.getValue().statistics().totalBytes()
                        - vm.getValue().statistics().baseBytes();
                positions.put(vm.getKey(), vm.getValue().durablePosition());
            }
            return Optional.of(new JournalUsage(
                    journalBytes,
                    baseBytes,
                    journals.checkpoints(vpg).size(),
                    positions,
                    Optional.of(room(
                            journals.room(vpg), journals.damagedCheckpoints(vpg).size()))));
        });
    }

    static JournalRoom room(VpgRoom room, int damagedCheckpoints) {
        OptionalLong rate = room.bytesPerHour();
        boolean foreseen = room.limited() && rate.isPresent();
        Optional<Duration> fitting = foreseen ? Optional.of(room.fitting(rate.getAsLong())) : Optional.empty();
        return new JournalRoom(
                room.usedBytes(),
                room.limited() ? Optional.of(room.limits().maxBytes()) : Optional.empty(),
                room.history(),
                rate.isPresent() ? Optional.of(rate.getAsLong()) : Optional.empty(),
                fitting,
                // Where the wanted history fits, ageing by time comes before the limit.
                fitting.filter(time -> time.compareTo(room.limits().history()) < 0)
                        .map(time -> room.fullAfter(rate.getAsLong())),
                Intake.valueOf(room.intake().name()),
                damagedCheckpoints);
    }

    @Override
    public void delete(VpgId vpg) throws ProviderException {
        run("The journals of VPG " + vpg + " cannot be deleted", () -> {
            journals.delete(vpg);
            return vpg;
        });
    }

    private interface Work<T> {
        T run() throws IOException, ProviderException;
    }

    private static <T> T run(String what, Work<T> work) throws ProviderException {
        try {
            return work.run();
        } catch (JournalRefusedException e) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    what,
                    String.valueOf(e.getMessage()),
                    "List the checkpoints again and choose one that is there",
                    e);
        } catch (JournalCorruptException e) {
            throw new ProviderException(
                    FailureKind.CORRUPT,
                    what,
                    String.valueOf(e.getMessage()),
                    "Nothing was changed. Choose another checkpoint; keep the journal's folder for examination",
                    e);
        } catch (IOException e) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    what,
                    String.valueOf(e.getMessage()),
                    "Look at free space and the health of this site's storage, then try again",
                    e);
        }
    }
}
