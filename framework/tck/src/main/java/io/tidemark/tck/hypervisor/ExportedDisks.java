package io.tidemark.tck.hypervisor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.site.VmDescription;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Disks in memory, served over NBD to a recovered VM as a host serves the views of a checkpoint. */
final class ExportedDisks implements AutoCloseable {
    private final List<byte[]> originals;
    private final List<MemoryDisk> disks = new ArrayList<>();
    private final List<BlockExport> exports = new ArrayList<>();

    ExportedDisks(BlockNetwork network, List<byte[]> originals, MemoryDisk.Access access) throws IOException {
        this.originals = originals;
        for (byte[] original : originals) {
            MemoryDisk disk = new MemoryDisk(original, access);
            disks.add(disk);
            exports.add(network.export("tck-disk", disk));
        }
    }

    /** A VM like the origin, with these disks. */
    RecoveryVmSpec spec(String name, Purpose purpose, VmDescription origin) {
        List<RecoveryDisk> sources = new ArrayList<>();
        for (int i = 0; i < exports.size(); i++) {
            sources.add(new RecoveryDisk(
                    origin.volumes().get(i).device(),
                    disks.get(i).sizeBytes(),
                    exports.get(i).address()));
        }
        return new RecoveryVmSpec(name, purpose, origin.hardware(), sources, origin.nics());
    }

    int connections() {
        return exports.stream().mapToInt(BlockExport::connections).sum();
    }

    /** A target that needs only read-only views must have left them as they were; writable scratch may have changed. */
    void assertOriginalsUntouched() {
        for (int i = 0; i < disks.size(); i++) {
            if (disks.get(i).readOnly()) {
                assertArrayEquals(originals.get(i), disks.get(i).contents());
            }
        }
    }

    @Override
    public void close() {
        exports.forEach(BlockExport::close);
    }
}
