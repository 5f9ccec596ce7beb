package io.tidemark.replication;

import io.tidemark.journal.JournalVolume;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A VM whose hypervisor can only freeze it: disks as byte arrays, and a record of what each freeze showed. As strict as the interface allows: what
 * was changed back is not told as changed.
 */
final class FrozenVm {
    private static final int GRAIN_BYTES = 4 << 10;

    final VmId id;
    final List<VolumeId> volumes = new ArrayList<>();
    private final List<byte[]> disks = new ArrayList<>();
    /** What each freeze showed, by its moment. */
    private final TreeMap<Instant, List<byte[]>> shown = new TreeMap<>();

    private final Map<String, List<byte[]>> byToken = new HashMap<>();
    private final List<Long> freezesAtNanos = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();
    private int trackingRun;
    private Instant lastMoment = Instant.EPOCH;
    private @Nullable Frozen live;
    int forgotten;

    FrozenVm(String name, int... diskBytes) {
        this.id = new VmId(name);
        for (int i = 0; i < diskBytes.length; i++) {
            volumes.add(new VolumeId(name + "/disk" + i));
            disks.add(new byte[diskBytes[i]]);
        }
    }

    List<JournalVolume> journalVolumes() {
        List<JournalVolume> all = new ArrayList<>();
        for (int i = 0; i < disks.size(); i++) {
            all.add(new JournalVolume(volumes.get(i), disks.get(i).length));
        }
        return all;
    }

    synchronized void write(Random random) {
        byte[] disk = disks.get(random.nextInt(disks.size()));
        if (random.nextInt(60) == 0) {
            // A discard of whole blocks: afterwards they are allocated no more.
            int from = random.nextInt(disk.length / 2);
            Arrays.fill(disk, from, from + Math.min(disk.length / 3, 300 << 10), (byte) 0);
            return;
        }
        int length = 512 * (1 + random.nextInt(random.nextInt(8) == 0 ? 200 : 8));
        int offset = 512 * random.nextInt((disk.length - length) / 512 + 1);
        byte[] data = new byte[length];
        if (random.nextInt(6) > 0) {
            random.nextBytes(data);
        }
        System.arraycopy(data, 0, disk, offset, length);
    }

    synchronized void write(int disk, int offset, byte[] data) {
        System.arraycopy(data, 0, disks.get(disk), offset, data.length);
    }

    synchronized void resetTracking() {
        trackingRun++;
        byToken.clear();
    }

    /** What one freeze shows. */
    final class Frozen {
        final Instant takenAt;
        final String token;
        final List<byte[]> contents;
        final List<Object> open = new ArrayList<>();
        boolean released;

        private Frozen(Instant takenAt, String token, List<byte[]> contents) {
            this.takenAt = takenAt;
            this.token = token;
            this.contents = contents;
        }

        Optional<List<BlockExtent>> changedSince(int disk, String since) {
            synchronized (FrozenVm.this) {
                List<byte[]> before = byToken.get(since);
                return before == null
                        ? Optional.empty()
                        : Optional.of(differences(before.get(disk), contents.get(disk)));
            }
        }

        List<BlockExtent> allocated(int disk) {
            return differences(new byte[contents.get(disk).length], contents.get(disk));
        }

        void release() {
            synchronized (FrozenVm.this) {
                if (!released && !open.isEmpty()) {
                    violations.add("released while its volumes are read");
                }
                released = true;
                if (this.equals(live)) {
                    live = null;
                }
            }
        }
    }

    private static List<BlockExtent> differences(byte[] before, byte[] after) {
        List<BlockExtent> extents = new ArrayList<>();
        for (int at = 0; at < after.length; at += GRAIN_BYTES) {
            int end = Math.min(after.length, at + GRAIN_BYTES);
            if (!Arrays.equals(before, at, end, after, at, end)) {
                extents.add(new BlockExtent(at, end - at, BlockExtent.Content.DATA));
            }
        }
        return extents;
    }

    /** @param leftBehind whether whoever made the last freeze died without a release */
    synchronized Frozen freeze(boolean leftBehind) {
        if (live != null && !leftBehind) {
            violations.add("a second freeze while one is there");
        }
        if (live != null) {
            live.released = true;
        }
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        // Each freeze can be told by its moment.
        lastMoment = now.isAfter(lastMoment) ? now : lastMoment.plusMillis(1);
        List<byte[]> copy = disks.stream().map(byte[]::clone).toList();
        Frozen frozen = new Frozen(lastMoment, trackingRun + "/" + shown.size(), copy);
        shown.put(lastMoment, copy);
        byToken.put(frozen.token, copy);
        freezesAtNanos.add(System.nanoTime());
        live = frozen;
        return frozen;
    }

    /** What a checkpoint of that time has to show: the first freeze not before it. */
    synchronized Map<VolumeId, byte[]> expectedAt(Instant time) {
        Map<VolumeId, byte[]> expected = new HashMap<>();
        List<byte[]> contents = shown.ceilingEntry(time).getValue();
        for (int i = 0; i < volumes.size(); i++) {
            expected.put(volumes.get(i), contents.get(i));
        }
        return expected;
    }

    synchronized boolean isMomentOfAFreeze(Instant time) {
        return shown.containsKey(time);
    }

    synchronized Instant newestFreeze() {
        return shown.isEmpty() ? Instant.EPOCH : shown.lastKey();
    }

    synchronized boolean isFrozen() {
        return live != null;
    }

    synchronized int freezes() {
        return freezesAtNanos.size();
    }

    synchronized long shortestPauseNanos() {
        long shortest = Long.MAX_VALUE;
        for (int i = 1; i < freezesAtNanos.size(); i++) {
            shortest = Math.min(shortest, freezesAtNanos.get(i) - freezesAtNanos.get(i - 1));
        }
        return shortest;
    }

    synchronized void violated(String what) {
        violations.add(what);
    }

    synchronized List<String> violations() {
        return List.copyOf(violations);
    }
}
