package io.tidemark.target.aws.ebs;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsClients;
import io.tidemark.target.aws.client.AwsConfig;
import io.tidemark.target.aws.client.Tags;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import software.amazon.awssdk.services.ec2.model.SnapshotState;

/**
 * Makes snapshots. Idempotent by the plan's identity, and resumable at every point:
 *
 * <pre>
 *   (nothing) ──log written──▶ PLANNED ──StartSnapshot, token = nonce of the log──▶ STARTED ──each block, acknowledged, then logged──▶
 *   WRITTEN ──"sealing" logged──▶ SEALING ──CompleteSnapshot──▶ PENDING at EC2 ──▶ COMPLETED ──log deleted──▶ (done)
 *
 *   found by its tags: completed ⇒ done · pending, and this log is of it ⇒ go on · pending without a log ⇒ removed, anew · error ⇒ same
 * </pre>
 *
 * Any thread; not twice at once for one plan.
 */
public final class SnapshotBuilder {
    private final Snapshots snapshots;
    private final BlockPool pool;
    private final BlockCalls calls;
    private final Path folder;
    private final Duration settleLimit;

    /** @param folder for the progress of uploads */
    public SnapshotBuilder(AwsClients clients, AwsConfig config, Snapshots snapshots, BlockPool pool, Path folder) {
        this.snapshots = snapshots;
        this.pool = pool;
        this.calls = new BlockCalls(clients, config, pool.limit(), snapshots);
        this.folder = folder;
        this.settleLimit = config.settleLimit();
    }

    /** Opens a finished snapshot for reading, with the true size of what it holds. */
    public BlockDevice open(SnapshotRef snapshot, Deadline deadline) throws ProviderException {
        long sizeBytes = snapshot.trueSizeBytes().orElse(snapshot.sizeGib() * Blocks.GIB);
        List<String> lineage = new ArrayList<>();
        Optional<SnapshotRef> each = Optional.of(snapshot);
        while (each.isPresent() && !lineage.contains(each.get().id())) {
            lineage.add(each.get().id());
            Optional<String> base = each.get().tag(Tags.BASE);
            each = base.isPresent() ? snapshots.get(base.get(), deadline) : Optional.empty();
        }
        return SnapshotDevice.open(lineage, sizeBytes, snapshots, calls, deadline);
    }

    /** Makes the snapshot, or goes on with it, or finds it. Returns once volumes can be made from it. */
    public SnapshotRef build(SnapshotPlan plan, DoubleConsumer progress, Deadline deadline) throws ProviderException {
        try {
            return buildLogged(plan, progress, deadline);
        } catch (IOException failed) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "A snapshot was not made",
                    "its progress could not be kept in " + folder + ": " + failed.getMessage(),
                    "Check room and permissions of that folder; it is tried again.",
                    failed);
        }
    }

    private SnapshotRef buildLogged(SnapshotPlan plan, DoubleConsumer progress, Deadline deadline)
            throws IOException, ProviderException {
        int count = Blocks.count(plan.source().sizeBytes());
        Optional<UploadLog> known = UploadLog.find(folder, plan.key(), count);
        try {
            Optional<SnapshotRef> finished = sift(plan, known, deadline);
            if (finished.isPresent()) {
                UploadLog.forget(folder, plan.key());
                progress.accept(1);
                return finished.get();
            }
            Optional<SnapshotPlan.Base> base = usable(plan, deadline);
            Optional<String> baseId = base.map(SnapshotPlan.Base::snapshot);
            if (known.isPresent() && (!known.get().base().equals(baseId) || isLost(known.get(), deadline))) {
                // Begun on another base: what was written there is no difference to this one.
                abandon(known.get(), deadline);
                known = Optional.empty();
            }
            try (UploadLog log = known.isPresent()
                    ? known.get()
                    : UploadLog.begin(folder, plan.key(), plan.owner(), count, baseId)) {
                SnapshotRef made = write(plan, base, log, progress, deadline);
                log.delete();
                return made;
            }
        } finally {
            if (known.isPresent()) {
                known.get().close();
            }
        }
    }

    /** Looks at what there is: returns it when it is finished, removes what nobody can finish, and leaves what the log is of. */
    private Optional<SnapshotRef> sift(SnapshotPlan plan, Optional<UploadLog> known, Deadline deadline)
            throws ProviderException {
        List<SnapshotRef> there = snapshots.find(plan.identity(), deadline);
        Optional<String> ours = known.flatMap(UploadLog::snapshot);
        // What was not sealed is not finished, whatever EC2 says of it.
        Optional<String> unsealed =
                ours.filter(id -> known.filter(UploadLog::sealing).isEmpty());
        Optional<SnapshotRef> finished = there.stream()
                .filter(each -> each.completed() && !unsealed.equals(Optional.of(each.id())))
                .findFirst();
        for (SnapshotRef each : there) {
            boolean keep = finished.isPresent()
                    ? each.id().equals(finished.get().id())
                    : each.state() != SnapshotState.ERROR
                            && (ours.isEmpty() ? known.isPresent() : ours.get().equals(each.id()));
            if (!keep) {
                snapshots.delete(each.id(), deadline);
            }
        }
        return finished;
    }

    /** AWS gave up what the log is of, or somebody removed it. */
    private boolean isLost(UploadLog log, Deadline deadline) throws ProviderException {
        Optional<String> id = log.snapshot();
        return id.isPresent()
                && snapshots
                        .get(id.get(), deadline)
                        .filter(there -> there.state() != SnapshotState.ERROR)
                        .isEmpty();
    }

    private void abandon(UploadLog log, Deadline deadline) throws IOException, ProviderException {
        if (log.snapshot().isPresent()) {
            snapshots.delete(log.snapshot().get(), deadline);
        }
        log.delete();
    }

    /** The base, if it is still there and fits. */
    private Optional<SnapshotPlan.Base> usable(SnapshotPlan plan, Deadline deadline) throws ProviderException {
        if (plan.base().isEmpty()) {
            return Optional.empty();
        }
        SnapshotPlan.Base base = plan.base().get();
        if (base.sizeBytes() > plan.source().sizeBytes()) {
            // The volume was made smaller: what the base has beyond its end would come back.
            return Optional.empty();
        }
        long sizeGib = Blocks.gibibytes(plan.source().sizeBytes());
        return snapshots
                .get(base.snapshot(), deadline)
                .filter(there -> there.completed() && there.sizeGib() <= sizeGib)
                .map(there -> base);
    }

    private SnapshotRef write(
            SnapshotPlan plan,
            Optional<SnapshotPlan.Base> base,
            UploadLog log,
            DoubleConsumer progress,
            Deadline deadline)
            throws IOException, ProviderException {
        BlockDevice source = plan.source();
        if (log.snapshot().isEmpty()) {
            Tags tags = base.isPresent() ? plan.tags().and(Tags.BASE, base.get().snapshot()) : plan.tags();
            log.setSnapshot(snapshots.start(
                    tags,
                    Blocks.gibibytes(source.sizeBytes()),
                    base.map(SnapshotPlan.Base::snapshot),
                    log.nonce(),
                    deadline));
        }
        String id = log.snapshot().orElseThrow();
        boolean sealedBefore = log.sealing();
        if (!sealedBefore) {
            pool.forEach(
                    "Snapshot " + id + " was not written",
                    candidates(source, base, deadline),
                    candidate -> writeOne(id, source, base, candidate, log, deadline),
                    progress,
                    deadline);
            log.setSealing();
        }
        return seal(id, sealedBefore, log, deadline);
    }

    private SnapshotRef seal(String id, boolean sealedBefore, UploadLog log, Deadline deadline)
            throws IOException, ProviderException {
        Deadline patience = deadline;
        try {
            snapshots.complete(id, log.count(), log.aggregate(), deadline);
        } catch (ProviderException refused) {
            if (refused.kind() != FailureKind.REJECTED) {
                throw refused;
            }
            if (!sealedBefore) {
                abandon(log, deadline);
                throw refused;
            }
            // Most likely sealed by the process before this one, and not finished yet.
            patience = earlier(Deadline.after(settleLimit), deadline);
        }
        try {
            SnapshotRef made = snapshots.awaitCompleted(id, patience);
            if (made.state() == SnapshotState.COMPLETED) {
                return made;
            }
        } catch (ProviderException late) {
            if (patience.equals(deadline) || deadline.passed()) {
                throw late;
            }
        }
        abandon(log, deadline);
        throw new ProviderException(
                FailureKind.RETRY_LATER,
                "Snapshot " + id + " was not finished",
                "AWS could not complete it",
                "It was removed, and is made anew with the next attempt.");
    }

    private static Deadline earlier(Deadline one, Deadline other) {
        return one.atNanos() - other.atNanos() < 0 ? one : other;
    }

    private BlockCandidates candidates(BlockDevice source, Optional<SnapshotPlan.Base> base, Deadline deadline) {
        if (base.isEmpty()) {
            return BlockCandidates.ofDevice(source);
        }
        SnapshotPlan.Base known = base.get();
        if (known.extents().isEmpty()) {
            return BlockCandidates.ofComparison(snapshots, known.snapshot(), source.sizeBytes(), deadline);
        }
        List<BlockExtent> extents = new ArrayList<>(known.extents().get());
        if (known.sizeBytes() < source.sizeBytes()) {
            // Extents speak of what both have.
            extents.add(new BlockExtent(
                    known.sizeBytes(), source.sizeBytes() - known.sizeBytes(), BlockExtent.Content.DATA));
        }
        return BlockCandidates.ofExtents(extents, source.sizeBytes());
    }

    private void writeOne(
            String id,
            BlockDevice source,
            Optional<SnapshotPlan.Base> base,
            BlockCandidates.Candidate candidate,
            UploadLog log,
            Deadline deadline)
            throws ProviderException, IOException {
        int index = candidate.index();
        if (log.has(index)) {
            return;
        }
        byte[] block = Blocks.read(source, index);
        if (candidate.rule() != BlockCandidates.Rule.ALWAYS) {
            Optional<String> token = candidate.baseToken();
            boolean same = token.isPresent()
                    ? Arrays.equals(block, calls.get(base.orElseThrow().snapshot(), index, token.get(), deadline))
                    : Blocks.isZero(block);
            if (same) {
                return;
            }
        }
        byte[] hash = Blocks.hash(block);
        calls.put(id, index, block, hash, deadline);
        log.put(index, hash);
    }

    /** Forgets how far the uploads of an operation or VPG came; their snapshots are removed by whoever calls this. */
    public void forgetUploads(String owner) throws ProviderException {
        try {
            UploadLog.forgetAll(folder, owner);
        } catch (IOException failed) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "What is known of uploads for " + owner + " was not removed",
                    failed.toString(),
                    "Check the folder " + folder + "; it is tried again.",
                    failed);
        }
    }
}
