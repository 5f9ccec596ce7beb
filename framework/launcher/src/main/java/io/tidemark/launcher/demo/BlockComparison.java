package io.tidemark.launcher.demo;

import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.nbd.NbdClient;
import io.tidemark.nbd.NbdClientConfig;
import io.tidemark.spi.block.BlockAddress.UnixSocket;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.volume.VolumeReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares source volumes with a checkpoint, block by block: the source as its hypervisor reads it, the checkpoint as any NBD client would
 * read it at the recovery site.
 */
final class BlockComparison {
    private static final int BLOCK_BYTES = 64 << 10;
    private static final Duration OPEN_LIMIT = Duration.ofSeconds(30);

    private BlockComparison() {}

    /** Digest of every block of a volume. */
    record Digests(List<String> blocks) {}

    interface Reader {
        void read(long offset, ByteBuffer into) throws IOException;
    }

    static Map<VolumeId, Digests> ofSource(VolumeReader reader, List<VolumeId> volumes)
            throws ProviderException, IOException {
        Map<VolumeId, Digests> digests = new LinkedHashMap<>();
        for (VolumeId volume : volumes) {
            try (BlockDevice device = reader.openLive(volume, Deadline.after(OPEN_LIMIT))) {
                digests.put(volume, digest(device.sizeBytes(), device::read));
            }
        }
        return digests;
    }

    static Map<VolumeId, Digests> ofCheckpoint(JournalStore journals, VpgId vpg, CheckpointId checkpoint)
            throws ProviderException, IOException {
        OperationId operation = OperationId.random();
        Map<VolumeId, Digests> digests = new LinkedHashMap<>();
        try {
            for (Map.Entry<VolumeId, UnixSocket> served : journals.serve(
                            vpg, checkpoint, operation, JournalStore.Access.READ_ONLY)
                    .entrySet()) {
                UnixSocket address = served.getValue();
                try (NbdClient client =
                        NbdClient.connect(NbdClientConfig.unix(address.socket(), address.exportName()))) {
                    digests.put(served.getKey(), digest(client.sizeBytes(), client::read));
                }
            }
        } finally {
            journals.release(operation);
        }
        return digests;
    }

    static Digests digest(long sizeBytes, Reader reader) throws IOException {
        MessageDigest sha256;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
        List<String> blocks = new ArrayList<>();
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
        for (long offset = 0; offset < sizeBytes; offset += BLOCK_BYTES) {
            block.clear().limit((int) Math.min(BLOCK_BYTES, sizeBytes - offset));
            reader.read(offset, block);
            sha256.update(block.flip());
            blocks.add(HexFormat.of().formatHex(sha256.digest()));
        }
        return new Digests(blocks);
    }

    /** How many blocks differ; a volume that one side lacks counts whole. */
    static long differences(Map<VolumeId, Digests> source, Map<VolumeId, Digests> checkpoint) {
        long different = 0;
        for (Map.Entry<VolumeId, Digests> volume : source.entrySet()) {
            List<String> expected = volume.getValue().blocks();
            Digests shown = checkpoint.get(volume.getKey());
            for (int i = 0; i < expected.size(); i++) {
                if (shown == null
                        || i >= shown.blocks().size()
                        || !expected.get(i).equals(shown.blocks().get(i))) {
                    different++;
                }
            }
        }
        return different;
    }

    static long count(Map<VolumeId, Digests> digests) {
        return digests.values().stream()
                .mapToLong(volume -> volume.blocks().size())
                .sum();
    }
}
