package io.tidemark.server.dataplane;

import io.tidemark.control.dataplane.CheckpointKind;
import io.tidemark.control.dataplane.MemberState;
import io.tidemark.control.dataplane.ProtectedVpg;
import io.tidemark.control.dataplane.ProtectionEngine;
import io.tidemark.control.dataplane.ProtectionListener;
import io.tidemark.control.dataplane.ProtectionStatus;
import io.tidemark.control.dataplane.ProtectionStatus.MemberStatus;
import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.JournalVolume;
import io.tidemark.replication.ReplicatedVpg;
import io.tidemark.replication.ReplicationEngine;
import io.tidemark.replication.ReplicationListener;
import io.tidemark.replication.SyncKind;
import io.tidemark.replication.lane.LaneStatus;
import io.tidemark.replication.lane.LaneStatus.Link;
import io.tidemark.replication.lane.LaneStatus.Phase;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The replication engine in control's words. */
record ReplicationProtection(ReplicationEngine engine) implements ProtectionEngine {
    @Override
    public void start(ProtectedVpg vpg, ProtectionListener listener) {
        engine.start(replicated(vpg), new Changes(listener));
    }

    private static ReplicatedVpg replicated(ProtectedVpg vpg) {
        return new ReplicatedVpg(
                vpg.id(),
                vpg.epoch(),
                vpg.recoverySite(),
                vpg.members().stream()
                        .map(member -> new ReplicatedVpg.Member(
                                member.vm(),
                                member.hypervisor(),
                                member.volumes().stream()
                                        .map(volume -> new JournalVolume(volume.id(), volume.sizeBytes()))
                                        .toList()))
                        .toList());
    }

    @Override
    public void stop(VpgId vpg) {
        engine.stop(vpg);
    }

    @Override
    public Optional<ProtectionStatus> status(VpgId vpg) {
        return engine.status(vpg)
                .map(lanes -> new ProtectionStatus(lanes.entrySet().stream()
                        .map(lane -> memberStatus(lane.getKey(), lane.getValue()))
                        .toList()));
    }

    private static MemberStatus memberStatus(VmId vm, LaneStatus lane) {
        return new MemberStatus(
                vm,
                state(lane),
                lane.detail(),
                lane.syncedBytes(),
                lane.syncTotalBytes(),
                lane.lagBytes(),
                lane.writes(),
                lane.writtenBytes(),
                lane.shippedBytes());
    }

    @Override
    public Optional<Cut> cut(VpgId vpg, CheckpointId id, CheckpointKind kind, String tag) {
        return engine.cut(vpg, id, CheckpointRecord.Kind.valueOf(kind.name()), tag)
                .map(cut -> new Cut(cut.cut().id(), cut.cut().time(), cut.holdNanos()));
    }

    @Override
    public void drain(VpgId vpg, Deadline deadline) throws ProviderException {
        engine.drain(vpg, deadline);
    }

    /** A lane's phase and link as one word for people. */
    static MemberState state(LaneStatus lane) {
        // An initial sync that is about to begin is no loss of protection; any other one follows from one.
        boolean startsOut = lane.sync().map(SyncKind.INITIAL::equals).orElse(true) && lane.phase() == Phase.PREPARED;
        boolean neverBegan = lane.sync().isEmpty();
        return switch (lane.phase()) {
            case IDLE, PREPARED ->
                (startsOut || neverBegan) && lane.link() == Link.UP ? MemberState.WAITING : MemberState.DEGRADED;
            case SYNCING ->
                lane.link() == Link.DOWN
                        ? MemberState.DEGRADED
                        : switch (lane.sync().orElse(SyncKind.DELTA)) {
                            case INITIAL -> MemberState.INITIAL_SYNC;
                            case DELTA -> MemberState.DELTA_SYNC;
                            case BITMAP -> MemberState.BITMAP_SYNC;
                        };
            case STREAMING, RESTING -> lane.link() == Link.DOWN ? MemberState.DEGRADED : MemberState.PROTECTED;
        };
    }

    /** Passes on changes of state and words; progress alone is read from {@link #status}. */
    private record Changes(ProtectionListener listener, Map<VmId, String> last) implements ReplicationListener {
        Changes(ProtectionListener listener) {
            this(listener, new ConcurrentHashMap<>());
        }

        @Override
        public void onStatus(VmId vm, LaneStatus status) {
            MemberState state = state(status);
            String told = state + " " + status.detail();
            if (!told.equals(last.put(vm, told))) {
                listener.onMemberState(vm, state, status.detail());
            }
        }

        @Override
        public void onCheckpointDurable(CheckpointId checkpoint) {
            listener.onCheckpointDurable(checkpoint);
        }

        @Override
        public void onFenced(ProviderException refusal) {
            listener.onFenced(refusal);
        }
    }
}
