package io.tidemark.hypervisor.vsphere.hostsimulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.BlockExtent.Content;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which grains of a disk were written when, in two files beside its contents: {@code X-ctk.json} and {@code X-ctk.bin}, as the README draws
 * them. Guarded by the disk's lock.
 *
 * <p>A grain is marked before it is written, so that after a crash of this process a mark may be there for nothing, but none is missing. The
 * marks are mapped memory: they outlive the process, not the machine.
 */
final class ChangeTracking {
    static final int GRAIN_BYTES = 65536;

    private static final Logger LOG = LoggerFactory.getLogger(ChangeTracking.class);
    private static final int FIRST_SEQUENCE = 1;
    private static final int NEVER = 0;

    private final Path json;
    private final Path bin;
    private MappedByteBuffer marks;
    private final boolean fresh;
    private long sizeBytes;
    private UUID uuid;
    private int sequence;

    private ChangeTracking(Path flat, long sizeBytes) throws IOException {
        String name = flat.getFileName().toString();
        String base = name.substring(0, name.length() - FlatFile.SUFFIX.length());
        this.json = flat.resolveSibling(base + "-ctk.json");
        this.bin = flat.resolveSibling(base + "-ctk.bin");
        this.sizeBytes = sizeBytes;
        Optional<Tracked> kept = load();
        this.fresh = kept.isEmpty();
        this.uuid = kept.map(Tracked::uuid).orElseGet(UUID::randomUUID);
        this.sequence = kept.map(Tracked::sequence).orElse(FIRST_SEQUENCE);
        this.marks = map(sizeBytes);
    }

    /** Which state of which disk. */
    record Tracked(UUID uuid, int sequence) {}

    /** Opens what is there; begins anew, with what the disk holds marked as written, where nothing usable is. */
    static ChangeTracking open(Path flat, FlatFile contents, long sizeBytes) throws IOException {
        ChangeTracking tracking = new ChangeTracking(flat, sizeBytes);
        if (tracking.fresh) {
            tracking.reset(contents);
        }
        return tracking;
    }

    /** What is written now is marked with this. */
    Tracked current() {
        return new Tracked(uuid, sequence);
    }

    /** The range is about to be written. */
    void mark(long offset, long lengthBytes) {
        if (lengthBytes == 0) {
            return;
        }
        long last = (offset + lengthBytes - 1) / GRAIN_BYTES;
        for (long grain = offset / GRAIN_BYTES; grain <= last; grain++) {
            marks.putInt(position(grain * GRAIN_BYTES), sequence);
        }
    }

    /** The state up to now gets its sequence, which is returned; what is written from here on gets the next. */
    Tracked raise() throws IOException {
        Tracked frozen = current();
        save(new Tracked(uuid, sequence + 1));
        sequence++;
        return frozen;
    }

    /** Another history begins: nothing that was said before about the disk holds any more. */
    Tracked reset(FlatFile contents) throws IOException {
        Tracked fresh = new Tracked(UUID.randomUUID(), FIRST_SEQUENCE);
        // First the new name, so that no crash leaves old marks under it that lack something: the marks are made from
        // the contents.
        ByteBuffer scratch = ByteBuffer.allocate(GRAIN_BYTES);
        Files.deleteIfExists(json);
        for (long at = 0; at < sizeBytes; at += GRAIN_BYTES) {
            Content content = contents.contentOf(at, Math.min(GRAIN_BYTES, sizeBytes - at), scratch);
            marks.putInt(position(at), content == Content.DATA ? FIRST_SEQUENCE : NEVER);
        }
        save(fresh);
        uuid = fresh.uuid();
        sequence = fresh.sequence();
        return fresh;
    }

    void grow(long changedSizeBytes) throws IOException {
        marks = map(changedSizeBytes);
        sizeBytes = changedSizeBytes;
    }

    /** What was never written is zero; at most so many extents, from the start of the range. */
    List<BlockExtent> extents(long offset, long lengthBytes, int most) {
        List<BlockExtent> extents = new ArrayList<>();
        long end = offset + lengthBytes;
        long start = offset;
        while (start < end && extents.size() < most) {
            Content content = contentAt(start);
            long at = start;
            while (at < end && contentAt(at) == content) {
                at = Math.min(end, (at / GRAIN_BYTES + 1) * GRAIN_BYTES);
            }
            extents.add(new BlockExtent(start, at - start, content));
            start = at;
        }
        return extents;
    }

    private Content contentAt(long offset) {
        return marks.getInt(position(offset)) == NEVER ? Content.ZERO : Content.DATA;
    }

    private static int position(long offset) {
        return Math.toIntExact(offset / GRAIN_BYTES * Integer.BYTES);
    }

    private MappedByteBuffer map(long coveredBytes) throws IOException {
        long lengthBytes = Math.ceilDiv(coveredBytes, (long) GRAIN_BYTES) * Integer.BYTES;
        try (FileChannel file =
                FileChannel.open(bin, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            file.truncate(lengthBytes); // it grows with zeroes by being mapped
            MappedByteBuffer mapped = file.map(FileChannel.MapMode.READ_WRITE, 0, lengthBytes);
            mapped.order(ByteOrder.LITTLE_ENDIAN);
            return mapped;
        }
    }

    private Optional<Tracked> load() throws IOException {
        if (!Files.exists(json) || !Files.exists(bin)) {
            return Optional.empty();
        }
        try {
            JsonNode read = Json.parse(Files.readString(json));
            int kept = read.path("sequence").asInt();
            if (kept >= FIRST_SEQUENCE && read.path("grainBytes").asInt() == GRAIN_BYTES) {
                return Optional.of(new Tracked(UUID.fromString(read.path("uuid").asText()), kept));
            }
        } catch (IllegalArgumentException unreadable) {
            LOG.atWarn()
                    .addKeyValue("file", json)
                    .log("Change tracking begins anew: its file is not readable", unreadable);
        }
        return Optional.empty();
    }

    private void save(Tracked tracked) throws IOException {
        ObjectNode content = Json.object();
        content.put("uuid", tracked.uuid().toString());
        content.put("sequence", tracked.sequence());
        content.put("grainBytes", GRAIN_BYTES);
        content.put("file", bin.getFileName().toString());
        Path temporary = json.resolveSibling(json.getFileName() + ".tmp");
        try (FileChannel file = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(Json.bytes(content));
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        Files.move(temporary, json, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
