package io.tidemark.guest;

import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What else goes on in a guest besides its ledger: random writes of 0.5 to 16 KiB at an even pace to the last sixteenth of each disk, which
 * soon overwrite each other. One or more threads per disk, from power-on to power-off. Each has its own share of the area, as two writes
 * to one place that are under way at once would have no order that anyone could check.
 */
public final class RandomWriter {
    private static final Logger LOG = LoggerFactory.getLogger(RandomWriter.class);
    private static final int AREA_FRACTION = 16;
    private static final int SECTOR_BYTES = 512;
    private static final int BLOCK_BYTES = 4096;
    private static final int MOST_SECTORS = 32;
    private static final int OF_HUNDRED = 100;
    private static final long LATEST_NANOS = Duration.ofSeconds(1).toNanos();

    private final Settings settings;
    private final long pauseNanos;
    private final List<LatencyLog> latencies = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    /**
     * How the writer behaves.
     *
     * @param writesPerSecond of each thread; {@link #UNPACED} for as fast as the disk takes them
     * @param threadsPerDisk how many writes may be under way at once on a disk, 1 to 64
     * @param zeroPercent how many of a hundred commands zero or discard a range instead
     * @param flushPercent how many of a hundred commands are followed by a flush
     * @param seed of all choices, with the disk's index
     */
    public record Settings(int writesPerSecond, int threadsPerDisk, int zeroPercent, int flushPercent, long seed) {
        public static final int UNPACED = Integer.MAX_VALUE;
        private static final int MOST_THREADS = 64;

        public Settings {
            if (writesPerSecond < 1) {
                throw new IllegalArgumentException("writes per second have to be 1 or more, not " + writesPerSecond);
            }
            if (threadsPerDisk < 1 || threadsPerDisk > MOST_THREADS) {
                throw new IllegalArgumentException("a disk has 1 to 64 writing threads, not " + threadsPerDisk);
            }
            if (zeroPercent < 0 || zeroPercent > OF_HUNDRED || flushPercent < 0 || flushPercent > OF_HUNDRED) {
                throw new IllegalArgumentException("shares are 0 to 100 percent");
            }
        }

        /** One thread per disk that does nothing but write. */
        public static Settings writes(int perSecond, long seed) {
            return new Settings(perSecond, 1, 0, 0, seed);
        }
    }

    private RandomWriter(Settings settings) {
        this.settings = settings;
        this.pauseNanos = settings.writesPerSecond() == Settings.UNPACED
                ? 0
                : Duration.ofSeconds(1).toNanos() / settings.writesPerSecond();
    }

    /** Where the writer's part of a disk begins; it ends with the disk. */
    public static long areaStart(long diskBytes) {
        return (diskBytes - diskBytes / AREA_FRACTION) / BLOCK_BYTES * BLOCK_BYTES;
    }

    /** Starts writing to every disk. */
    public static RandomWriter start(Settings settings, List<? extends GuestDisk> disks, ThreadFactory threads) {
        RandomWriter writer = new RandomWriter(settings);
        for (int i = 0; i < disks.size(); i++) {
            GuestDisk disk = disks.get(i);
            LOG.atInfo()
                    .addKeyValue("disk", disk.name())
                    .addKeyValue("writesPerSecond", settings.writesPerSecond())
                    .addKeyValue("seed", settings.seed())
                    .log("The random writer of a simulated disk starts");
            LatencyLog latency = new LatencyLog();
            writer.latencies.add(latency);
            for (int t = 0; t < settings.threadsPerDisk(); t++) {
                Share share = share(disk, t, settings);
                SplittableRandom random = new SplittableRandom(settings.seed() + (long) i * Settings.MOST_THREADS + t);
                writer.threads.add(threads.newThread(() -> writer.run(disk, share, random, latency)));
            }
        }
        writer.threads.forEach(Thread::start);
        return writer;
    }

    /** How long the commands to each disk took, in the order of the disks. */
    public List<LatencyLog> latencies() {
        return List.copyOf(latencies);
    }

    /** Returns at once: a disk without power takes no write. */
    public void stop() {
        stopped = true;
        threads.forEach(LockSupport::unpark);
    }

    /**
     * Waits until no write is under way, after {@link #stop()}.
     *
     * @return false when one still is after the limit
     */
    public boolean awaitStopped(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        for (Thread thread : threads) {
            long left = Math.max(1, end - System.nanoTime());
            if (!thread.join(Duration.ofNanos(left))) {
                return false;
            }
        }
        return true;
    }

    private static Share share(GuestDisk disk, int thread, Settings settings) {
        long area = areaStart(disk.sizeBytes());
        long sectors = (disk.sizeBytes() - area) / SECTOR_BYTES / settings.threadsPerDisk();
        if (sectors < MOST_SECTORS) {
            throw new IllegalArgumentException(disk.name() + " is too small for " + settings.threadsPerDisk()
                    + " threads that write to its last part");
        }
        return new Share(area + thread * sectors * SECTOR_BYTES, Math.toIntExact(sectors));
    }

    private void run(GuestDisk disk, Share share, SplittableRandom random, LatencyLog latency) {
        byte[] noise = new byte[MOST_SECTORS * SECTOR_BYTES];
        long due = System.nanoTime();
        while (!stopped) {
            try {
                command(disk, share, random, noise, latency);
            } catch (IOException failed) {
                if (!stopped) {
                    LOG.atWarn()
                            .addKeyValue("disk", disk.name())
                            .log("The random writer of a simulated disk ends, because a write failed", failed);
                }
                return;
            }
            // A guest that was held up does not make up for more than a second.
            due = Math.max(due + pauseNanos, System.nanoTime() - LATEST_NANOS);
            for (long wait = due - System.nanoTime(); wait > 0 && !stopped; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
        }
    }

    private void command(GuestDisk disk, Share share, SplittableRandom random, byte[] noise, LatencyLog latency)
            throws IOException {
        int count = random.nextInt(1, MOST_SECTORS + 1);
        long offset = share.offset() + (long) random.nextInt(share.sectors() - count + 1) * SECTOR_BYTES;
        boolean zeroes = random.nextInt(OF_HUNDRED) < settings.zeroPercent();
        boolean flushes = random.nextInt(OF_HUNDRED) < settings.flushPercent();
        random.nextBytes(noise);
        long start = System.nanoTime();
        if (zeroes) {
            ZeroCause cause = random.nextBoolean() ? ZeroCause.TRIM : ZeroCause.WRITE_ZEROES;
            disk.zero(offset, (long) count * SECTOR_BYTES, cause);
        } else {
            disk.write(offset, ByteBuffer.wrap(noise, 0, count * SECTOR_BYTES));
        }
        latency.record(System.nanoTime() - start);
        if (flushes) {
            disk.flush();
        }
    }

    /** The part of a disk that one thread writes to. */
    private record Share(long offset, int sectors) {}
}
