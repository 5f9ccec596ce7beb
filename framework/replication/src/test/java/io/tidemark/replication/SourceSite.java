package io.tidemark.replication;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.volume.VolumeReader;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A hypervisor that runs {@link SourceVm}s; captures and reads, nothing else. */
record SourceSite(List<SourceVm> vms) implements HypervisorSite, WriteCapture, VolumeReader {
    @Override
    public CaptureSession attach(VmId vm, List<VolumeId> volumes, CaptureSink sink, Deadline deadline)
            throws ProviderException {
        for (SourceVm candidate : vms) {
            if (candidate.id.equals(vm)) {
                return candidate.attach(sink);
            }
        }
        throw unknown(vm.value());
    }

    @Override
    public BlockDevice openLive(VolumeId volume, Deadline deadline) throws ProviderException {
        for (SourceVm vm : vms) {
            for (SourceVm.Disk disk : vm.disks) {
                if (disk.volume.equals(volume)) {
                    return disk.live();
                }
            }
        }
        throw unknown(volume.value());
    }

    private static ProviderException unknown(String what) {
        return new ProviderException(FailureKind.REJECTED, "Unknown: " + what, "no such object", "Look again");
    }

    @Override
    public Optional<WriteCapture> writeCapture() {
        return Optional.of(this);
    }

    @Override
    public Optional<VolumeReader> volumeReader() {
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
        return "test hypervisor";
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
