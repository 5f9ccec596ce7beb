package io.tidemark.replication;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.tracking.ChangeToken;
import io.tidemark.spi.tracking.ChangeTracking;
import io.tidemark.spi.tracking.FreezePoint;
import io.tidemark.spi.tracking.VolumeChanges;
import io.tidemark.spi.tracking.VolumeChanges.Basis;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A hypervisor that freezes {@link FrozenVm}s, as one process sees it: that process may be killed at any step, and any step may fail. What a
 * killed process does has no effect.
 */
final class TrackingSite implements HypervisorSite, ChangeTracking {
    private static final int NEVER = Integer.MAX_VALUE;

    private final List<FrozenVm> vms;
    private final Duration interval;
    private final AtomicInteger stepsToLive = new AtomicInteger(NEVER);
    private final AtomicInteger stepsToFail = new AtomicInteger(NEVER);
    final AtomicLong bytesRead = new AtomicLong();
    volatile boolean killed;
    /** VMs that this process has frozen: anything that is frozen of others is an earlier process's. */
    private final Set<VmId> known = ConcurrentHashMap.newKeySet();

    /** Their release failed: the next freeze has to clean up. */
    private final Set<VmId> releaseFailed = ConcurrentHashMap.newKeySet();

    TrackingSite(List<FrozenVm> vms, Duration interval) {
        this.vms = vms;
        this.interval = interval;
    }

    void killAfter(int steps) {
        stepsToLive.set(steps);
    }

    void failAfter(int steps) {
        stepsToFail.set(steps);
    }

    private void step(String what) throws ProviderException {
        if (!killed && stepsToLive.get() != NEVER && stepsToLive.decrementAndGet() <= 0) {
            killed = true;
        }
        boolean fails = stepsToFail.get() != NEVER && stepsToFail.decrementAndGet() <= 0;
        if (fails) {
            stepsToFail.set(NEVER);
        }
        if (killed || fails) {
            throw new ProviderException(FailureKind.RETRY_LATER, what + " failed", "the test wants it", "Try again");
        }
    }

    @Override
    public FreezePoint freeze(VmId vm, List<VolumeId> volumes, Deadline deadline) throws ProviderException {
        step("Freezing");
        FrozenVm.Frozen frozen = find(vm).freeze(known.add(vm) || releaseFailed.remove(vm));
        return new Point(find(vm), frozen);
    }

    @Override
    public void forget(VmId vm, Deadline deadline) throws ProviderException {
        step("Forgetting");
        find(vm).forgotten++;
    }

    @Override
    public Duration shortestInterval() {
        return interval;
    }

    private FrozenVm find(VmId vm) throws ProviderException {
        return vms.stream()
                .filter(each -> each.id.equals(vm))
                .findFirst()
                .orElseThrow(() -> new ProviderException(FailureKind.REJECTED, "Unknown VM", "no " + vm, "Look"));
    }

    private final class Point implements FreezePoint {
        private final FrozenVm vm;
        private final FrozenVm.Frozen frozen;

        Point(FrozenVm vm, FrozenVm.Frozen frozen) {
            this.vm = vm;
            this.frozen = frozen;
        }

        @Override
        public Instant takenAt() {
            return frozen.takenAt;
        }

        @Override
        public ChangeToken token(VolumeId volume) {
            return new ChangeToken(frozen.token);
        }

        @Override
        public VolumeChanges changes(VolumeId volume, Optional<ChangeToken> since, Deadline deadline)
                throws ProviderException {
            step("Asking for changes");
            int disk = vm.volumes.indexOf(volume);
            Optional<List<BlockExtent>> changed = since.flatMap(token -> frozen.changedSince(disk, token.value()));
            return changed.map(extents -> new VolumeChanges(Basis.TOKEN, "", extents))
                    .orElseGet(() -> new VolumeChanges(
                            Basis.BLANK_VOLUME, since.isPresent() ? "tracking was reset" : "", frozen.allocated(disk)));
        }

        @Override
        public BlockDevice open(VolumeId volume, Deadline deadline) throws ProviderException {
            step("Opening");
            return new Device(vm, frozen, frozen.contents.get(vm.volumes.indexOf(volume)), TrackingSite.this);
        }

        @Override
        public void release(Deadline deadline) throws ProviderException {
            try {
                step("Releasing");
            } catch (ProviderException e) {
                releaseFailed.add(vm.id);
                throw e;
            }
            frozen.release();
        }

        @Override
        public void close() {
            if (!killed && !releaseFailed.contains(vm.id)) {
                frozen.release();
            }
        }
    }

    private static final class Device implements BlockDevice {
        private final FrozenVm vm;
        private final FrozenVm.Frozen frozen;
        private final byte[] contents;
        private final TrackingSite site;

        Device(FrozenVm vm, FrozenVm.Frozen frozen, byte[] contents, TrackingSite site) {
            this.vm = vm;
            this.frozen = frozen;
            this.contents = contents;
            this.site = site;
            synchronized (vm) {
                frozen.open.add(this);
            }
        }

        @Override
        public long sizeBytes() {
            return contents.length;
        }

        @Override
        public boolean readOnly() {
            return true;
        }

        @Override
        public void read(long offset, ByteBuffer into) throws IOException {
            try {
                site.step("Reading");
            } catch (ProviderException e) {
                throw new IOException(e);
            }
            if (frozen.released) {
                vm.violated("read after its release");
            }
            site.bytesRead.addAndGet(into.remaining());
            into.put(contents, (int) offset, into.remaining());
        }

        @Override
        public void write(long offset, ByteBuffer data) throws IOException {
            throw new IOException("read-only");
        }

        @Override
        public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
            throw new IOException("read-only");
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            synchronized (vm) {
                frozen.open.remove(this);
            }
        }
    }

    @Override
    public Optional<ChangeTracking> changeTracking() {
        return Optional.of(this);
    }

    @Override
    public Inventory inventory() {
        throw new UnsupportedOperationException("replication looks at no inventory");
    }

    @Override
    public Compute compute() {
        throw new UnsupportedOperationException("replication does not compute");
    }

    @Override
    public String description() {
        return "test hypervisor that freezes";
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of();
    }

    @Override
    public void checkHealth(Deadline deadline) {}

    @Override
    public void close() {}
}
