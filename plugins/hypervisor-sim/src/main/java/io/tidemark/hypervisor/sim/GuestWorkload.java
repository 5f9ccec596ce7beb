package io.tidemark.hypervisor.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What else goes on in a guest besides its ledger: random writes at an even pace to the last part of each disk, which soon overwrite each
 * other. One thread per disk, from power-on to power-off.
 */
final class GuestWorkload {
    private static final Logger LOG = LoggerFactory.getLogger(GuestWorkload.class);
    private static final int AREA_FRACTION = 16;
    private static final int SECTOR_BYTES = 512;
    private static final int BLOCK_BYTES = 4096;
    private static final int MOST_SECTORS = 32;
    private static final long LATEST_NANOS = Duration.ofSeconds(1).toNanos();

    private final long pauseNanos;
    private volatile boolean stopped;

    private GuestWorkload(int writesPerSecond) {
        this.pauseNanos = Duration.ofSeconds(1).toNanos() / writesPerSecond;
    }

    /** Where the workload's part of a disk begins; it ends with the disk. */
    static long areaStart(long diskBytes) {
        return (diskBytes - diskBytes / AREA_FRACTION) / BLOCK_BYTES * BLOCK_BYTES;
    }

    static GuestWorkload start(int writesPerSecond, List<VirtualDisk> disks, ThreadFactory threads) {
        GuestWorkload workload = new GuestWorkload(writesPerSecond);
        for (VirtualDisk disk : disks) {
            long seed = System.nanoTime() ^ disk.volume().hashCode();
            LOG.atInfo()
                    .addKeyValue("volume", disk.volume())
                    .addKeyValue("writesPerSecond", writesPerSecond)
                    .addKeyValue("seed", seed)
                    .log("The workload of a simulated disk starts");
            threads.newThread(() -> workload.run(disk, new SplittableRandom(seed)))
                    .start();
        }
        return workload;
    }

    /** Returns at once: a disk without power takes no write. */
    void stop() {
        stopped = true;
    }

    private void run(VirtualDisk disk, SplittableRandom random) {
        long area = areaStart(disk.sizeBytes());
        int sectors = Math.toIntExact((disk.sizeBytes() - area) / SECTOR_BYTES);
        byte[] noise = new byte[MOST_SECTORS * SECTOR_BYTES];
        long due = System.nanoTime();
        while (!stopped) {
            int count = random.nextInt(1, MOST_SECTORS + 1);
            long offset = area + (long) random.nextInt(sectors - count + 1) * SECTOR_BYTES;
            random.nextBytes(noise);
            try {
                disk.write(offset, ByteBuffer.wrap(noise, 0, count * SECTOR_BYTES));
            } catch (IOException failed) {
                if (!stopped) {
                    LOG.atWarn()
                            .addKeyValue("volume", disk.volume())
                            .log("The workload of a simulated disk ends, because a write failed", failed);
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
}
