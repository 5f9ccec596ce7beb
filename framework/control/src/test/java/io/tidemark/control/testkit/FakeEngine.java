package io.tidemark.control.testkit;

import io.tidemark.control.dataplane.CheckpointKind;
import io.tidemark.control.dataplane.MemberState;
import io.tidemark.control.dataplane.ProtectedVpg;
import io.tidemark.control.dataplane.ProtectionEngine;
import io.tidemark.control.dataplane.ProtectionListener;
import io.tidemark.control.dataplane.ProtectionStatus;
import io.tidemark.control.dataplane.ProtectionStatus.MemberStatus;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Captures nothing, syncs at once, and hands checkpoints straight to the journals of the other site while the link is up. */
public final class FakeEngine implements ProtectionEngine {
    private final Clock clock;
    private final Supplier<Optional<FakeJournals>> recoverySite;
    private final Map<VpgId, Running> running = new ConcurrentHashMap<>();
    private volatile MemberState afterStart = MemberState.PROTECTED;

    /**
     * @param recoverySite the journals there, while the link is up
     */
    public FakeEngine(Clock clock, Supplier<Optional<FakeJournals>> recoverySite) {
        this.clock = clock;
        this.recoverySite = recoverySite;
    }

    private static final class Running {
        final ProtectedVpg vpg;
        final ProtectionListener listener;
        final Map<VmId, MemberState> members = new LinkedHashMap<>();

        Running(ProtectedVpg vpg, ProtectionListener listener) {
            this.vpg = vpg;
            this.listener = listener;
        }
    }

    public Set<VpgId> running() {
        return Set.copyOf(running.keySet());
    }

    /** What members are right after start; {@code PROTECTED} unless told. */
    public void afterStart(MemberState state) {
        afterStart = state;
    }

    public void member(VpgId vpg, VmId vm, MemberState state, String detail) {
        Running found = Objects.requireNonNull(running.get(vpg), "the VPG was not started");
        synchronized (found.members) {
            found.members.put(vm, state);
        }
        found.listener.onMemberState(vm, state, detail);
    }

    @Override
    public void start(ProtectedVpg vpg, ProtectionListener listener) {
        Running made = new Running(vpg, listener);
        if (running.putIfAbsent(vpg.id(), made) != null) {
            throw new AssertionError("VPG " + vpg.name() + " was started twice");
        }
        vpg.members().forEach(member -> member(vpg.id(), member.vm(), afterStart, "started"));
    }

    @Override
    public void stop(VpgId vpg) {
        running.remove(vpg);
    }

    /** The process died: nothing is captured any more. */
    public void processDied() {
        running.clear();
    }

    @Override
    public Optional<ProtectionStatus> status(VpgId vpg) {
        return Optional.ofNullable(running.get(vpg)).map(found -> {
            synchronized (found.members) {
                return new ProtectionStatus(found.members.entrySet().stream()
                        .map(member -> new MemberStatus(member.getKey(), member.getValue(), "", 0, 0, 7, 1, 2, 3))
                        .toList());
            }
        });
    }

    @Override
    public Optional<Cut> cut(VpgId vpg, CheckpointId id, CheckpointKind kind, String tag) {
        Running found = running.get(vpg);
        if (found == null) {
            return Optional.empty();
        }
        synchronized (found.members) {
            if (found.members.values().stream().anyMatch(state -> state != MemberState.PROTECTED)) {
                return Optional.empty();
            }
        }
        Cut cut = new Cut(id, clock.instant(), 1_000 * id.value());
        recoverySite.get().ifPresent(journals -> {
            try {
                journals.receive(found.vpg, id, cut.time(), kind, tag);
                found.listener.onCheckpointDurable(id);
            } catch (ProviderException e) {
                found.listener.onFenced(e);
            }
        });
        return Optional.of(cut);
    }

    @Override
    public void drain(VpgId vpg, Deadline deadline) throws ProviderException {
        if (recoverySite.get().isEmpty()) {
            throw new ProviderException(FailureKind.RETRY_LATER, "Not drained", "the link is down", "Wait.");
        }
    }
}
