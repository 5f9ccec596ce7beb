package io.tidemark.control.testkit;

import io.tidemark.control.dataplane.CheckpointKind;
import io.tidemark.control.dataplane.JournalPolicy;
import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.dataplane.ProtectedVpg;
import io.tidemark.control.vpg.VpgPolicy;
import io.tidemark.spi.block.BlockAddress;
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
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Journals as lists of checkpoints, and serving as a table of addresses. Outlives its control plane, as a disk does. */
public final class FakeJournals implements JournalStore {
    public final Failures failures = new Failures();
    private final Crashes crashes;
    private final Map<VpgId, Journal> journals = new HashMap<>();
    private final Map<OperationId, Served> served = new LinkedHashMap<>();
    private final Set<OperationId> live = new HashSet<>();
    private int openViews;

    public FakeJournals(Crashes crashes) {
        this.crashes = crashes;
    }

    /** What one journal holds. */
    private static final class Journal {
        ProtectedVpg vpg;
        long epoch;
        final List<JournalCheckpoint> checkpoints = new ArrayList<>();
        final List<DamagedCheckpoint> damaged = new ArrayList<>();
        final Set<CheckpointId> rotten = new HashSet<>();
        Instant agedTo = Instant.MIN;
        JournalPolicy limitedTo = VpgPolicy.DEFAULT.journal();
        JournalPolicy agedBy = VpgPolicy.DEFAULT.journal();
        Optional<JournalRoom> room = Optional.empty();

        Journal(ProtectedVpg vpg) {
            this.vpg = vpg;
            this.epoch = vpg.epoch();
        }
    }

    /** What is served for an operation. */
    public record Served(VpgId vpg, CheckpointId checkpoint, Access access) {}

    /** The process that served died: addresses are dead until served again. */
    public synchronized void processDied() {
        live.clear();
    }

    /** Operations whose volumes are reachable now. */
    public synchronized Map<OperationId, Served> served() {
        Map<OperationId, Served> reachable = new LinkedHashMap<>(served);
        reachable.keySet().retainAll(live);
        return reachable;
    }

    /** Operations that have scratch or views, reachable or not. */
    public synchronized Set<OperationId> leftovers() {
        return Set.copyOf(served.keySet());
    }

    public synchronized long epoch(VpgId vpg) {
        return journal(vpg).epoch;
    }

    public synchronized Instant agedTo(VpgId vpg) {
        return journal(vpg).agedTo;
    }

    public synchronized boolean has(VpgId vpg) {
        return journals.containsKey(vpg);
    }

    public synchronized Set<CheckpointId> pinned(VpgId vpg) {
        Set<CheckpointId> pinned = new HashSet<>();
        journal(vpg).checkpoints.stream()
                .filter(checkpoint -> checkpoint.pinning() == Pinning.PINNED)
                .forEach(checkpoint -> pinned.add(checkpoint.id()));
        return pinned;
    }

    /** A checkpoint arrives from the source; refused when the source is fenced off (J7). */
    public synchronized void receive(ProtectedVpg from, CheckpointId id, Instant time, CheckpointKind kind, String tag)
            throws ProviderException {
        Journal journal = journals.get(from.id());
        if (journal == null) {
            throw new ProviderException(FailureKind.REJECTED, "Writes refused", "no such journal", "Prepare it.");
        }
        if (from.epoch() < journal.epoch) {
            throw new ProviderException(
                    FailureKind.CONFLICT, "Writes refused", "epoch " + journal.epoch + " owns the VPG", "Stand down.");
        }
        if (!journal.checkpoints.isEmpty() && journal.checkpoints.getLast().id().compareTo(id) >= 0) {
            throw new AssertionError("checkpoint id " + id + " does not grow after "
                    + journal.checkpoints.getLast().id());
        }
        journal.checkpoints.add(new JournalCheckpoint(id, time, kind, tag, Pinning.UNPINNED));
    }

    @Override
    public void prepare(ProtectedVpg vpg, SiteId source) throws ProviderException {
        failures.check("prepare");
        var _ = crashes.effect("prepare", () -> {
            synchronized (this) {
                Journal journal = journals.computeIfAbsent(vpg.id(), id -> new Journal(vpg));
                journal.vpg = vpg;
                return journal;
            }
        });
    }

    @Override
    public synchronized List<JournalCheckpoint> checkpoints(VpgId vpg) throws ProviderException {
        failures.check("checkpoints");
        return List.copyOf(existing(vpg).checkpoints);
    }

    @Override
    public synchronized Optional<JournalCheckpoint> newestCheckpoint(VpgId vpg) throws ProviderException {
        List<JournalCheckpoint> known = existing(vpg).checkpoints;
        return known.isEmpty() ? Optional.empty() : Optional.of(known.getLast());
    }

    @Override
    public void setPinned(VpgId vpg, CheckpointId checkpoint, Pinning pinning) throws ProviderException {
        failures.check("setPinned");
        var _ = crashes.effect("setPinned " + pinning, () -> {
            synchronized (this) {
                journal(vpg)
                        .checkpoints
                        .replaceAll(known -> known.id().equals(checkpoint)
                                ? new JournalCheckpoint(known.id(), known.time(), known.kind(), known.tag(), pinning)
                                : known);
                return pinning;
            }
        });
    }

    @Override
    public synchronized List<DamagedCheckpoint> damagedCheckpoints(VpgId vpg) throws ProviderException {
        return List.copyOf(existing(vpg).damaged);
    }

    @Override
    public synchronized void limit(VpgId vpg, JournalPolicy policy) throws ProviderException {
        failures.check("limit");
        journal(vpg).limitedTo = policy;
    }

    @Override
    public synchronized JournalScrub scrub(VpgId vpg, VmId member) throws ProviderException {
        failures.check("scrub");
        Journal journal = journal(vpg);
        List<JournalCheckpoint> hit = journal.checkpoints.stream()
                .filter(checkpoint -> journal.rotten.contains(checkpoint.id()))
                .toList();
        journal.checkpoints.removeAll(hit);
        hit.forEach(checkpoint -> journal.damaged.add(new DamagedCheckpoint(checkpoint, List.of(member))));
        List<Damage> damages =
                journal.rotten.isEmpty() ? List.of() : List.of(new Damage("/j/7.seg", 4096, "bad checksum", false));
        return new JournalScrub(3L << 20, damages, journal.damaged.size());
    }

    /** What the next scrub finds damaged. */
    public synchronized void rot(VpgId vpg, CheckpointId checkpoint) {
        journal(vpg).rotten.add(checkpoint);
    }

    /** What the journals were told last that they may take. */
    public synchronized JournalPolicy limitedTo(VpgId vpg) {
        return journal(vpg).limitedTo;
    }

    /** What ageing was told last. */
    public synchronized JournalPolicy agedBy(VpgId vpg) {
        return journal(vpg).agedBy;
    }

    /** What {@link #usage} tells of room from now on. */
    public synchronized void room(VpgId vpg, JournalRoom room) {
        journal(vpg).room = Optional.of(room);
    }

    @Override
    public synchronized void age(VpgId vpg, JournalPolicy policy, Instant end) throws ProviderException {
        failures.check("age");
        Journal journal = journal(vpg);
        journal.agedBy = policy;
        Instant since = end.minus(policy.history());
        journal.agedTo = since;
        journal.checkpoints.removeIf(
                known -> known.pinning() == Pinning.UNPINNED && known.time().isBefore(since));
    }

    @Override
    public void fence(VpgId vpg, long epoch) throws ProviderException {
        failures.check("fence");
        var _ = crashes.effect("fence", () -> {
            synchronized (this) {
                Journal journal = journal(vpg);
                journal.epoch = Math.max(journal.epoch, epoch);
                return journal.epoch;
            }
        });
    }

    @Override
    public Map<VolumeId, BlockAddress.UnixSocket> serve(
            VpgId vpg, CheckpointId checkpoint, OperationId operation, Access access) throws ProviderException {
        failures.check("serve");
        return crashes.effect("serve", () -> {
            synchronized (this) {
                Served before = served.putIfAbsent(operation, new Served(vpg, checkpoint, access));
                if (before != null && !before.equals(new Served(vpg, checkpoint, access))) {
                    throw new AssertionError("operation " + operation + " was served " + before + " before");
                }
                live.add(operation);
                Map<VolumeId, BlockAddress.UnixSocket> addresses = new LinkedHashMap<>();
                journal(vpg).vpg.members().forEach(member -> member.volumes()
                        .forEach(volume -> addresses.put(
                                volume.id(),
                                new BlockAddress.UnixSocket(
                                        Path.of("/run/" + operation),
                                        volume.id().value()))));
                return addresses;
            }
        });
    }

    @Override
    public void release(OperationId operation) throws ProviderException {
        failures.check("release");
        var _ = crashes.effect("release", () -> {
            synchronized (this) {
                served.remove(operation);
                return live.remove(operation);
            }
        });
    }

    @Override
    public BlockDevice openView(VpgId vpg, CheckpointId checkpoint, VolumeId volume) throws ProviderException {
        failures.check("openView");
        synchronized (this) {
            if (!knows(vpg, checkpoint)) {
                throw new ProviderException(FailureKind.REJECTED, "No view", "no such checkpoint", "Choose another.");
            }
            openViews++;
            return new FakeView(checkpoint, 1 << 20, () -> {
                synchronized (this) {
                    openViews--;
                }
            });
        }
    }

    /** Views that were opened and not closed. */
    public synchronized int openViews() {
        return openViews;
    }

    /** 4 KiB for each checkpoint in between. */
    @Override
    public synchronized Optional<List<BlockExtent>> changedBetween(
            VpgId vpg, VolumeId volume, CheckpointId one, CheckpointId other) {
        if (!knows(vpg, one) || !knows(vpg, other)) {
            return Optional.empty();
        }
        long steps = Math.abs(one.value() - other.value());
        return Optional.of(
                steps == 0 ? List.of() : List.of(new BlockExtent(0, 4096 * steps, BlockExtent.Content.DATA)));
    }

    private boolean knows(VpgId vpg, CheckpointId checkpoint) {
        return journal(vpg).checkpoints.stream().anyMatch(known -> known.id().equals(checkpoint));
    }

    @Override
    public synchronized Optional<JournalUsage> usage(VpgId vpg) {
        Journal journal = journals.get(vpg);
        return journal == null
                ? Optional.empty()
                : Optional.of(new JournalUsage(4096L, 8192L, journal.checkpoints.size(), Map.of(), journal.room));
    }

    @Override
    public void delete(VpgId vpg) throws ProviderException {
        failures.check("delete");
        var _ = crashes.effect("delete", () -> {
            synchronized (this) {
                return Optional.ofNullable(journals.remove(vpg));
            }
        });
    }

    /** While a VPG is being deleted others may look at it still. */
    private Journal existing(VpgId vpg) throws ProviderException {
        Journal journal = journals.get(vpg);
        if (journal == null) {
            throw new ProviderException(FailureKind.REJECTED, "Nothing to read", "no such journal", "Prepare it.");
        }
        return journal;
    }

    private Journal journal(VpgId vpg) {
        Journal journal = journals.get(vpg);
        if (journal == null) {
            throw new AssertionError("no journal of " + vpg);
        }
        return journal;
    }
}
