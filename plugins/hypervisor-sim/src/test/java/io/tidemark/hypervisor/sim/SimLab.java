package io.tidemark.hypervisor.sim;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VmHardware;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** An open simulated hypervisor, and short words for what the tests do with it. */
final class SimLab implements AutoCloseable {
    static final long DISK_BYTES = 8L << 20;

    /** Where the ledger of a disk begins, and how long an entry is; part of what recovered disks have to agree on. */
    static final int LEDGER_AT = 65536;

    static final int ENTRY_BYTES = 4096;

    private final SimSubject subject = new SimSubject();
    private final OperationId samples = OperationId.random();
    private HypervisorSite site = subject.open();

    SimLab() throws IOException, ProviderException {}

    SimSubject subject() {
        return subject;
    }

    SimulatedHost host() {
        return subject.host();
    }

    HypervisorSite site() {
        return site;
    }

    void reopen() throws ProviderException {
        site.close();
        site = subject.open();
    }

    SampleVm boot(String name, int disks) throws ProviderException {
        List<Long> sizes = Collections.nCopies(disks, DISK_BYTES);
        return sampleVms().create(new SampleVmSpec(name, sizes), samples, soon());
    }

    SampleVms sampleVms() {
        return site.sampleVms().orElseThrow();
    }

    RecoveryTarget target() {
        return site.recoveryTarget().orElseThrow();
    }

    VmDescription describe(VmId vm) throws ProviderException {
        return site.inventory().find(vm, soon()).orElseThrow();
    }

    VolumeId volume(VmId vm, int disk) throws ProviderException {
        return describe(vm).volumes().get(disk).id();
    }

    byte[] read(VolumeId volume) throws ProviderException, IOException {
        try (BlockDevice device = site.volumeReader().orElseThrow().openLive(volume, soon())) {
            ByteBuffer contents = ByteBuffer.allocate(Math.toIntExact(device.sizeBytes()));
            device.read(0, contents);
            return contents.array();
        }
    }

    BlockExport export(BlockDevice device) throws IOException {
        return subject.context().blockNetwork().export("lab", device);
    }

    /** Makes and starts a VM with one disk on the export. */
    VmId recover(String name, BlockExport export, OperationId operation) throws ProviderException {
        VmId vm = target().create(specOf(name, export), operation, soon());
        target().start(vm, soon());
        return vm;
    }

    static RecoveryVmSpec specOf(String name, BlockExport export) {
        return new RecoveryVmSpec(
                name,
                Purpose.LIVE,
                new VmHardware(1 << 20, 1, Optional.empty()),
                List.of(new RecoveryDisk("vda", DISK_BYTES, export.address())),
                List.of());
    }

    /** The server notices a little later that a client has gone. */
    static void awaitReleased(BlockExport export) {
        for (Deadline limit = soon(); export.connections() > 0; LockSupport.parkNanos(2_000_000)) {
            if (limit.passed()) {
                throw new AssertionError("an export is still connected");
            }
        }
    }

    static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(20));
    }

    @Override
    public void close() throws IOException {
        site.close();
        subject.close();
    }
}
