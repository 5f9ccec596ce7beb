package io.tidemark.journal;

import io.tidemark.spi.id.CheckpointId;
import java.time.Instant;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.RandomAccess;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints at one moment, oldest first: an immutable list over columns, about 30 bytes each, so that listing half a million of them
 * costs nothing. A larger table shares its columns with the smaller one that it grew from. Any thread reads; the owner makes the next one.
 */
final class CheckpointTable extends AbstractList<CheckpointRecord> implements RandomAccess {
    static final CheckpointTable EMPTY =
            new CheckpointTable(new long[0], new long[0], new long[0], new int[0], new byte[0], Map.of(), 0);

    private static final int PINNED_BIT = 0x80;
    private static final int DAMAGED_BIT = 0x40;
    private static final int KIND_BITS = 0x3F;

    private final long[] ids;
    private final long[] positions;
    private final long[] seconds;
    private final int[] nanos;
    private final byte[] kinds;
    private final Map<Long, String> tags;
    private final int size;
    /** Made when it is first asked for. */
    private volatile @Nullable CheckpointTable selectable;

    private CheckpointTable(
            long[] ids, long[] positions, long[] seconds, int[] nanos, byte[] kinds, Map<Long, String> tags, int size) {
        this.ids = ids;
        this.positions = positions;
        this.seconds = seconds;
        this.nanos = nanos;
        this.kinds = kinds;
        this.tags = tags;
        this.size = size;
    }

    @Override
    public CheckpointRecord get(int index) {
        Objects.checkIndex(index, size);
        return new CheckpointRecord(
                new CheckpointId(ids[index]),
                positions[index],
                time(index),
                CheckpointCodes.kind(kinds[index] & KIND_BITS),
                tags.getOrDefault(ids[index], ""),
                pinned(index) ? Pinning.PINNED : Pinning.UNPINNED);
    }

    @Override
    public int size() {
        return size;
    }

    long id(int index) {
        return ids[index];
    }

    long position(int index) {
        return positions[index];
    }

    boolean damaged(int index) {
        return (kinds[index] & DAMAGED_BIT) != 0;
    }

    /** Whether one may be thinned out: an automatic one that is neither pinned nor tagged. */
    boolean thinnable(int index) {
        return (kinds[index] & KIND_BITS) == CheckpointCodes.of(CheckpointRecord.Kind.AUTOMATIC)
                && !pinned(index)
                && !tags.containsKey(ids[index]);
    }

    private boolean pinned(int index) {
        return (kinds[index] & PINNED_BIT) != 0;
    }

    Instant time(int index) {
        return Instant.ofEpochSecond(seconds[index], nanos[index]);
    }

    /** O(log n). */
    Optional<CheckpointRecord> find(CheckpointId id) {
        int index = Arrays.binarySearch(ids, 0, size, id.value());
        return index < 0 ? Optional.empty() : Optional.of(get(index));
    }

    Optional<CheckpointRecord> newest() {
        return size == 0 ? Optional.empty() : Optional.of(get(size - 1));
    }

    Optional<CheckpointRecord> oldest() {
        return size == 0 ? Optional.empty() : Optional.of(get(0));
    }

    /** Adds a checkpoint with the largest id. Amortised O(1): columns that have room beyond this table's end are shared. */
    CheckpointTable with(CheckpointRecord added) {
        int room = ids.length > size ? ids.length : Math.max(16, size + size / 2);
        boolean grow = room != ids.length;
        CheckpointTable next = new CheckpointTable(
                grow ? Arrays.copyOf(ids, room) : ids,
                grow ? Arrays.copyOf(positions, room) : positions,
                grow ? Arrays.copyOf(seconds, room) : seconds,
                grow ? Arrays.copyOf(nanos, room) : nanos,
                grow ? Arrays.copyOf(kinds, room) : kinds,
                added.tag().isEmpty() ? tags : withTag(added),
                size + 1);
        next.ids[size] = added.id().value();
        next.positions[size] = added.position();
        Instant time = added.time();
        next.seconds[size] = time.getEpochSecond();
        next.nanos[size] = time.getNano();
        next.kinds[size] =
                (byte) (CheckpointCodes.of(added.kind()) | (added.pinning() == Pinning.PINNED ? PINNED_BIT : 0));
        return next;
    }

    private Map<Long, String> withTag(CheckpointRecord added) {
        Map<Long, String> more = new HashMap<>(tags);
        more.put(added.id().value(), added.tag());
        return more;
    }

    /** The same with one checkpoint pinned or not; O(n). */
    CheckpointTable withPinning(CheckpointId id, Pinning pinning) {
        int index = Arrays.binarySearch(ids, 0, size, id.value());
        byte[] changed = kinds.clone();
        if (index >= 0) {
            changed[index] =
                    (byte) (pinning == Pinning.PINNED ? changed[index] | PINNED_BIT : changed[index] & ~PINNED_BIT);
        }
        return new CheckpointTable(ids, positions, seconds, nanos, changed, tags, size);
    }

    /** Whether what a checkpoint needs is known to be damaged. */
    boolean isDamaged(CheckpointId id) {
        int index = Arrays.binarySearch(ids, 0, size, id.value());
        return index >= 0 && (kinds[index] & DAMAGED_BIT) != 0;
    }

    /** Those that can be chosen; O(1) but for the first time. */
    CheckpointTable selectable() {
        CheckpointTable known = selectable;
        if (known == null) {
            boolean all = true;
            for (int i = 0; i < size; i++) {
                all &= (kinds[i] & DAMAGED_BIT) == 0;
            }
            known = all ? this : filtered(i -> (kinds[i] & DAMAGED_BIT) == 0);
            selectable = known;
        }
        return known;
    }

    /** Those that cannot be chosen. */
    CheckpointTable damaged() {
        return filtered(i -> (kinds[i] & DAMAGED_BIT) != 0);
    }

    /** The same with the checkpoints from one id to another called damaged or not; O(n). */
    CheckpointTable withDamage(long firstId, long lastId, boolean damaged) {
        byte[] changed = kinds.clone();
        for (int i = 0; i < size; i++) {
            if (ids[i] >= firstId && ids[i] <= lastId) {
                changed[i] = (byte) (damaged ? changed[i] | DAMAGED_BIT : changed[i] & ~DAMAGED_BIT);
            }
        }
        return new CheckpointTable(ids, positions, seconds, nanos, changed, tags, size);
    }

    /** The first checkpoint that lies beyond a position, by its place in this list; {@link #size()} if there is none. O(log n). */
    int firstBeyond(long position) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (positions[middle] <= position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The same without the unpinned checkpoints whose id is smaller than a bound; O(n). */
    CheckpointTable withoutUnpinnedBefore(long bound) {
        return filtered(i -> ids[i] >= bound || pinned(i));
    }

    /** The same without the thinnable checkpoints in some ranges of ids, which are sorted; O(n log ranges). */
    CheckpointTable withoutThinned(List<IdRange> ranges) {
        return filtered(i -> !thinnable(i) || !IdRange.contains(ranges, ids[i]));
    }

    private CheckpointTable filtered(IntPredicate kept) {
        Map<Long, String> keptTags = new HashMap<>();
        long[] keptIds = new long[size];
        long[] keptPositions = new long[size];
        long[] keptSeconds = new long[size];
        int[] keptNanos = new int[size];
        byte[] keptKinds = new byte[size];
        int count = 0;
        for (int i = 0; i < size; i++) {
            if (kept.test(i)) {
                keptIds[count] = ids[i];
                keptPositions[count] = positions[i];
                keptSeconds[count] = seconds[i];
                keptNanos[count] = nanos[i];
                keptKinds[count++] = kinds[i];
                String tag = tags.get(ids[i]);
                if (tag != null) {
                    keptTags.put(ids[i], tag);
                }
            }
        }
        return count == 0
                ? EMPTY
                : new CheckpointTable(keptIds, keptPositions, keptSeconds, keptNanos, keptKinds, keptTags, count);
    }

    /**
     * The id below which unpinned checkpoints are too old: that of the first checkpoint made at or after a time, and at most that of the newest.
     * Times may go back where a clock was set; then a checkpoint may live longer than its time says, never shorter.
     */
    long firstIdSince(Instant keepSince) {
        for (int i = 0; i < size; i++) {
            if (!time(i).isBefore(keepSince) || i == size - 1) {
                return ids[i];
            }
        }
        return 0;
    }

    /** The id of the first checkpoint at or beyond a position, and at most that of the newest. */
    long firstIdFrom(long position) {
        return size == 0 ? 0 : ids[Math.min(size - 1, firstBeyond(position - 1))];
    }

    /** How many checkpoints {@link #withoutUnpinnedBefore} would drop. */
    int unpinnedBefore(long bound) {
        int count = 0;
        for (int i = 0; i < size && ids[i] < bound; i++) {
            count += pinned(i) ? 0 : 1;
        }
        return count;
    }
}
