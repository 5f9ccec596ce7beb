package io.tidemark.target.aws.ebs;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What this process knows about a snapshot that it is writing, so that the next one goes on from there: a file of properties, replaced as a
 * whole, and one slot per block in a sparse file with the hash of what EBS has acknowledged. A slot that was torn by a crash fails its
 * checksum, and its block is written again. Slots are of any thread; the rest of one thread.
 *
 * <pre>
 *  slot i, at i × 36:  SHA-256 of the block (32) | CRC32C of nonce, i and hash (4, big-endian)
 * </pre>
 */
final class UploadLog implements AutoCloseable {
    private static final int SLOT_BYTES = Blocks.HASH_BYTES + Integer.BYTES;
    private static final int SCAN_SLOTS = 16384;

    private final Path state;
    private final Path slots;
    private final Properties properties;
    private final BitSet done = new BitSet();
    /** No channel: a thread that is interrupted out of a call to AWS must not close this under the others. */
    private @Nullable RandomAccessFile file;

    private UploadLog(Path folder, String key, Properties properties) {
        this.state = folder.resolve(key + ".properties");
        this.slots = folder.resolve(key + ".slots");
        this.properties = properties;
    }

    /** The log of an upload that an earlier process began; empty when there is none that can be read. */
    static Optional<UploadLog> find(Path folder, String key, int blocks) throws IOException {
        UploadLog log = new UploadLog(folder, key, new Properties());
        if (!Files.exists(log.state)) {
            return Optional.empty();
        }
        log.properties.load(new StringReader(Files.readString(log.state)));
        if (log.properties.getProperty("nonce") == null
                || blocks != Integer.parseInt(log.get("blocks").orElse("-1"))) {
            log.delete();
            return Optional.empty();
        }
        log.open();
        log.scan(blocks);
        return Optional.of(log);
    }

    /**
     * Begins anew.
     *
     * @param owner see {@link #forgetAll}
     */
    static UploadLog begin(Path folder, String key, String owner, int blocks, Optional<String> base)
            throws IOException {
        Files.createDirectories(folder);
        UploadLog log = new UploadLog(folder, key, new Properties());
        log.delete();
        log.properties.setProperty("nonce", UUID.randomUUID().toString());
        log.properties.setProperty("blocks", Integer.toString(blocks));
        log.properties.setProperty("owner", owner);
        base.ifPresent(id -> log.properties.setProperty("base", id));
        log.save();
        log.open();
        return log;
    }

    /** Forgets an upload, whatever it came to. */
    static void forget(Path folder, String key) throws IOException {
        new UploadLog(folder, key, new Properties()).delete();
    }

    /** Forgets all uploads of an owner. */
    static void forgetAll(Path folder, String owner) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<String> keys = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.properties")) {
            for (Path file : files) {
                Properties properties = new Properties();
                properties.load(new StringReader(Files.readString(file)));
                if (owner.equals(properties.getProperty("owner"))) {
                    keys.add(file.getFileName().toString().replaceAll("\\.properties$", ""));
                }
            }
        }
        for (String key : keys) {
            forget(folder, key);
        }
    }

    /** The client token of the snapshot: persisted before it is first used. */
    String nonce() {
        return properties.getProperty("nonce");
    }

    Optional<String> base() {
        return get("base");
    }

    Optional<String> snapshot() {
        return get("snapshot");
    }

    void setSnapshot(String id) throws IOException {
        properties.setProperty("snapshot", id);
        save();
    }

    /** Whether the snapshot may have been sealed. */
    boolean sealing() {
        return get("sealing").isPresent();
    }

    void setSealing() throws IOException {
        properties.setProperty("sealing", "true");
        save();
    }

    boolean has(int index) {
        synchronized (done) {
            return done.get(index);
        }
    }

    int count() {
        synchronized (done) {
            return done.cardinality();
        }
    }

    /** EBS has acknowledged the block. */
    void put(int index, byte[] hash) throws IOException {
        ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES).put(hash).putInt(crc(index, hash));
        synchronized (done) {
            RandomAccessFile open = opened();
            open.seek((long) index * SLOT_BYTES);
            open.write(slot.array());
            done.set(index);
        }
    }

    /** SHA-256 over the hashes of all written blocks in the order of their indices: EBS calls this linear aggregation. */
    byte[] aggregate() throws IOException {
        MessageDigest all = Blocks.sha256();
        synchronized (done) {
            RandomAccessFile open = opened();
            byte[] hash = new byte[Blocks.HASH_BYTES];
            for (int i = done.nextSetBit(0); i >= 0; i = done.nextSetBit(i + 1)) {
                open.seek((long) i * SLOT_BYTES);
                open.readFully(hash);
                all.update(hash);
            }
        }
        return all.digest();
    }

    void delete() throws IOException {
        close();
        // In this order: properties without slots only mean that all is written again.
        Files.deleteIfExists(slots);
        Files.deleteIfExists(state);
    }

    @Override
    public void close() throws IOException {
        synchronized (done) {
            if (file != null) {
                file.close();
                file = null;
            }
        }
    }

    private RandomAccessFile opened() {
        RandomAccessFile open = file;
        if (open == null) {
            throw new IllegalStateException("the log " + state + " is closed");
        }
        return open;
    }

    private void open() throws IOException {
        file = new RandomAccessFile(slots.toFile(), "rw");
    }

    private void scan(int blocks) throws IOException {
        RandomAccessFile open = opened();
        byte[] chunk = new byte[SCAN_SLOTS * SLOT_BYTES];
        int known = (int) Math.min(blocks, open.length() / SLOT_BYTES);
        open.seek(0);
        for (int first = 0; first < known; first += SCAN_SLOTS) {
            int count = Math.min(SCAN_SLOTS, known - first);
            open.readFully(chunk, 0, count * SLOT_BYTES);
            ByteBuffer slot = ByteBuffer.wrap(chunk);
            byte[] hash = new byte[Blocks.HASH_BYTES];
            for (int i = 0; i < count; i++) {
                slot.get(hash);
                if (slot.getInt() == crc(first + i, hash)) {
                    done.set(first + i);
                }
            }
        }
    }

    private int crc(int index, byte[] hash) {
        CRC32C crc = new CRC32C();
        crc.update(nonce().getBytes(StandardCharsets.US_ASCII));
        crc.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, index));
        crc.update(hash);
        return (int) crc.getValue();
    }

    private Optional<String> get(String name) {
        return Optional.ofNullable(properties.getProperty(name));
    }

    private void save() throws IOException {
        StringWriter text = new StringWriter();
        properties.store(text, null);
        Path fresh = state.resolveSibling(state.getFileName() + ".new");
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = StandardCharsets.ISO_8859_1.encode(text.toString());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(fresh, state, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel folder = FileChannel.open(state.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }
}
