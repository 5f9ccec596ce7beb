package io.tidemark.target.aws.peers;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * EBS direct by the book: what AWS documents is enforced, and nothing is forgiven. Pages cited are of the EBS direct APIs' reference
 * (docs.aws.amazon.com/ebs/latest/APIReference) and of the EBS user guide (docs.aws.amazon.com/ebs/latest/userguide). Thread-safe.
 */
public final class StrictEbs {
    /** User guide, "Learn the concepts": blocks have 512 KiB. */
    public static final int BLOCK_BYTES = 512 * 1024;

    private final Map<String, Snapshot> snapshots = new HashMap<>();
    private final Map<String, Started> tokens = new HashMap<>();
    private final AtomicInteger nextToken = new AtomicInteger();
    private int tokenGeneration;
    private int listedBlocksPerPage = Integer.MAX_VALUE;
    private int asksUntilCompleted;
    private int puts;

    /** A snapshot's life. */
    enum Phase {
        OPEN,
        SEALED,
        COMPLETED,
        ERROR
    }

    private static final class Snapshot {
        final long sizeGib;
        final Optional<String> parent;
        final TreeMap<Integer, byte[]> own = new TreeMap<>();
        /** What it holds, its ancestors' blocks included; filled when it is sealed, so that it outlives them. */
        final TreeMap<Integer, byte[]> all = new TreeMap<>();

        /** Each that was given out, with its block. */
        final Map<String, Integer> blockTokens = new HashMap<>();

        Phase phase = Phase.OPEN;
        int asks;

        Snapshot(long sizeGib, Optional<String> parent) {
            this.sizeGib = sizeGib;
            this.parent = parent;
        }
    }

    /** A request for a snapshot, for the comparison with a repeated one. */
    record StartRequest(long sizeGib, Optional<String> parent, Map<String, String> tags, boolean encrypted) {}

    private record Started(StartRequest request, String id) {}

    /** Makes the id of a new snapshot, where EC2 knows it. */
    @FunctionalInterface
    interface NewId {
        String make() throws Exception;
    }

    /** API_StartSnapshot. */
    synchronized String start(StartRequest request, Optional<String> clientToken, NewId newId) throws Exception {
        if (request.sizeGib() < 1 || request.sizeGib() > 65_536) {
            throw EbsRefusal.invalid("VolumeSize is out of range");
        }
        // "You can't specify Encrypted and ParentSnapshotId in the same request."
        if (request.encrypted() && request.parent().isPresent()) {
            throw EbsRefusal.invalid("Encrypted and ParentSnapshotId are mutually exclusive");
        }
        // User guide, "Idempotency for StartSnapshot": the same token returns the first result; with other parameters
        // it is refused.
        if (clientToken.isPresent() && tokens.containsKey(clientToken.get())) {
            Started before = tokens.get(clientToken.get());
            if (!before.request().equals(request)) {
                throw new EbsRefusal(503, "ConflictException", "The token was used with other parameters");
            }
            return before.id();
        }
        if (request.parent().isPresent()) {
            Snapshot parent = get(request.parent().get());
            // "The ID of the parent snapshot … must be in the completed state", of the same or a smaller volume.
            if (parent.phase != Phase.COMPLETED) {
                throw EbsRefusal.invalid("The parent snapshot is not completed");
            }
            if (parent.sizeGib > request.sizeGib()) {
                throw EbsRefusal.invalid("The volume is smaller than that of the parent snapshot");
            }
        }
        // "up to 50 tags", values of 256 characters: API_Tag.
        if (request.tags().size() > 50 || request.tags().values().stream().anyMatch(value -> value.length() > 256)) {
            throw EbsRefusal.invalid("Too many or too long tags");
        }
        String id = newId.make();
        snapshots.put(id, new Snapshot(request.sizeGib(), request.parent()));
        clientToken.ifPresent(token -> tokens.put(token, new Started(request, id)));
        return id;
    }

    /** API_PutSnapshotBlock. */
    synchronized String put(String id, int index, byte[] data, int declaredLength, String checksum, String algorithm)
            throws EbsRefusal {
        Snapshot snapshot = get(id);
        // "The target snapshot must be in the pending state."
        if (snapshot.phase != Phase.OPEN) {
            throw EbsRefusal.invalid("The snapshot is not in the pending state");
        }
        // "The size of the data … must be 512 KiB", padded when the volume ends before.
        if (data.length != BLOCK_BYTES || declaredLength != BLOCK_BYTES) {
            throw EbsRefusal.invalid("Block data must have 524288 bytes, got " + data.length);
        }
        if (index < 0 || (long) index * BLOCK_BYTES >= snapshot.sizeGib << 30) {
            throw EbsRefusal.invalid("The block is beyond the end of the volume");
        }
        // User guide, "Use checksums": required; "If the checksums do not correspond, the request fails."
        if (!"SHA256".equals(algorithm) || !checksum.equals(base64(sha256(data)))) {
            throw EbsRefusal.invalid("The checksum does not correspond to the data");
        }
        // "If the specified block contains data, the existing data is overwritten."
        snapshot.own.put(index, data);
        puts++;
        return checksum;
    }

    /** API_CompleteSnapshot. */
    synchronized void complete(String id, int changedBlocks, Optional<String> checksum, Optional<String> method)
            throws EbsRefusal {
        Snapshot snapshot = get(id);
        if (snapshot.phase != Phase.OPEN) {
            throw EbsRefusal.invalid("The snapshot is not in the pending state");
        }
        // "The number of blocks that were written to the snapshot."
        if (changedBlocks != snapshot.own.size()) {
            throw EbsRefusal.invalid(
                    "ChangedBlocksCount is " + changedBlocks + ", and " + snapshot.own.size() + " blocks were written");
        }
        if (checksum.isPresent()) {
            // "arrange the checksums for each written block in ascending order of their block index, concatenate them".
            MessageDigest all = digest();
            snapshot.own.values().forEach(block -> all.update(sha256(block)));
            if (!method.equals(Optional.of("LINEAR")) || !checksum.get().equals(base64(all.digest()))) {
                throw EbsRefusal.invalid("The aggregated checksum does not correspond to the blocks");
            }
        }
        // User guide, "Concepts": unmodified blocks are those of the parent snapshot.
        snapshot.parent.map(snapshots::get).ifPresent(parent -> snapshot.all.putAll(parent.all));
        snapshot.all.putAll(snapshot.own);
        snapshot.phase = asksUntilCompleted == 0 ? Phase.COMPLETED : Phase.SEALED;
    }

    /** A page of a listing. */
    record Page(Map<Integer, String> tokens, Optional<Integer> next, long sizeGib) {}

    /** API_ListSnapshotBlocks. */
    synchronized Page list(String id, int first, int maxResults) throws EbsRefusal {
        Snapshot snapshot = get(id);
        requireCompleted(snapshot);
        // "Valid Range: Minimum value of 100. Maximum value of 10000."
        if (maxResults < 100 || maxResults > 10_000) {
            throw EbsRefusal.invalid("MaxResults is out of range");
        }
        Map<Integer, String> page = new TreeMap<>();
        for (int index : snapshot.all.tailMap(first, true).keySet()) {
            if (page.size() >= Math.min(maxResults, listedBlocksPerPage)) {
                return new Page(page, Optional.of(index), snapshot.sizeGib);
            }
            String token = tokenGeneration + "-" + nextToken.incrementAndGet();
            snapshot.blockTokens.put(token, index);
            page.put(index, token);
        }
        return new Page(page, Optional.empty(), snapshot.sizeGib);
    }

    /** API_GetSnapshotBlock. */
    synchronized byte[] block(String id, int index, String token) throws EbsRefusal {
        Snapshot snapshot = get(id);
        requireCompleted(snapshot);
        // "The block token of the block … expires": one of a listing of this snapshot, for this block.
        if (!Integer.valueOf(index).equals(snapshot.blockTokens.get(token))
                || !token.startsWith(tokenGeneration + "-")) {
            throw EbsRefusal.invalid("The block token is invalid or expired");
        }
        byte[] block = snapshot.all.get(index);
        if (block == null) {
            throw EbsRefusal.notFound(id);
        }
        return block;
    }

    private static void requireCompleted(Snapshot snapshot) throws EbsRefusal {
        if (snapshot.phase != Phase.COMPLETED) {
            throw EbsRefusal.invalid("The snapshot is not in the completed state");
        }
    }

    private Snapshot get(String id) throws EbsRefusal {
        Snapshot snapshot = snapshots.get(id);
        if (snapshot == null) {
            throw EbsRefusal.notFound(id);
        }
        return snapshot;
    }

    /** What EC2 says of a snapshot; sealed ones are finished after they were asked for often enough. Empty: none of ours. */
    synchronized Optional<String> ec2State(String id) {
        Snapshot snapshot = snapshots.get(id);
        if (snapshot == null) {
            return Optional.empty();
        }
        if (snapshot.phase == Phase.SEALED && ++snapshot.asks > asksUntilCompleted) {
            snapshot.phase = Phase.COMPLETED;
        }
        return Optional.of(
                switch (snapshot.phase) {
                    case OPEN, SEALED -> "pending";
                    case COMPLETED -> "completed";
                    case ERROR -> "error";
                });
    }

    /** EC2 has deleted it. Blocks that its children hold stay with them. */
    synchronized void deleted(String id) {
        snapshots.remove(id);
    }

    // What tests set and see.

    /** Every token that was given out expires. */
    public synchronized void expireTokens() {
        tokenGeneration++;
    }

    /** Listings come in pages of at most so many blocks. */
    public synchronized void listedBlocksPerPage(int blocks) {
        listedBlocksPerPage = blocks;
    }

    /** A sealed snapshot stays pending for so many looks of EC2. */
    public synchronized void asksUntilCompleted(int asks) {
        asksUntilCompleted = asks;
    }

    /** AWS gives a snapshot up. */
    public synchronized void fail(String id) throws Exception {
        get(id).phase = Phase.ERROR;
    }

    /** How many blocks were written to any snapshot since the last call. */
    public synchronized int takePuts() {
        int taken = puts;
        puts = 0;
        return taken;
    }

    public synchronized Set<String> ids() {
        return new TreeSet<>(snapshots.keySet());
    }

    /** Indices of the blocks that were written to this snapshot itself. */
    public synchronized List<Integer> ownBlocks(String id) throws Exception {
        return List.copyOf(get(id).own.keySet());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException never) {
            throw new IllegalStateException(never);
        }
    }

    static byte[] sha256(byte[] data) {
        return digest().digest(data);
    }

    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
