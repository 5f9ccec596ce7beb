package io.tidemark.systemtests;

import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.nbd.NbdClient;
import io.tidemark.nbd.NbdClientConfig;
import io.tidemark.spi.block.BlockAddress.UnixSocket;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** What one checkpoint shows of each volume, read as any NBD client reads it. */
final class DiskViews {
    private static final int PIECE_BYTES = 1 << 20;

    private final Map<VolumeId, byte[]> contents;

    DiskViews(Map<VolumeId, byte[]> contents) {
        this.contents = new LinkedHashMap<>(contents);
    }

    static DiskViews read(JournalStore journals, VpgId vpg, long checkpoint) throws ProviderException, IOException {
        OperationId operation = OperationId.random();
        Map<VolumeId, byte[]> views = new LinkedHashMap<>();
        try {
            for (Map.Entry<VolumeId, UnixSocket> served : journals.serve(
                            vpg, new CheckpointId(checkpoint), operation, JournalStore.Access.READ_ONLY)
                    .entrySet()) {
                UnixSocket address = served.getValue();
                views.put(served.getKey(), read(address.socket(), address.exportName()));
            }
        } finally {
            journals.release(operation);
        }
        return new DiskViews(views);
    }

    /** The whole of one export. */
    static byte[] read(Path socket, String export) throws IOException {
        try (NbdClient client =
                NbdClient.connect(NbdClientConfig.unix(socket, export).withIdleLimit(Polling.PATIENCE))) {
            byte[] all = new byte[Math.toIntExact(client.sizeBytes())];
            for (int at = 0; at < all.length; at += PIECE_BYTES) {
                client.read(at, ByteBuffer.wrap(all, at, Math.min(PIECE_BYTES, all.length - at)));
            }
            return all;
        }
    }

    byte[] of(VolumeId volume) {
        byte[] shown = contents.get(volume);
        if (shown == null) {
            throw new AssertionError("nothing is shown of volume " + volume + ", but of " + contents.keySet());
        }
        return shown;
    }

    /** The same, but for one volume as another checkpoint shows it. */
    DiskViews with(VolumeId volume, DiskViews other) {
        DiskViews mixed = new DiskViews(contents);
        mixed.contents.put(volume, other.of(volume));
        return mixed;
    }

    /** One digest per volume; the same for the same contents. */
    Map<String, String> digests() {
        Map<String, String> digests = new TreeMap<>();
        contents.forEach((volume, shown) -> digests.put(volume.value(), digest(shown)));
        return digests;
    }

    static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java platform has SHA-256", missing);
        }
    }
}
