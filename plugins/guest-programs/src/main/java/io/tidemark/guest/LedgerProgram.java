package io.tidemark.guest;

import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The program inside a running guest, from power-on to power-off: keeps a ledger on each disk. It has no thread of its own; it runs on the
 * thread of the console call that it answers, one call at a time.
 *
 * <p>Disk layout: 64 KiB that stay free as for a boot record, then ledger entries of 4 KiB, and at the end the part that
 * {@link RandomWriter} writes to.
 */
public final class LedgerProgram {
    /** Each entry is one block of this size. */
    public static final int ENTRY_BYTES = LedgerEntry.BLOCK_BYTES;

    /** A ransomware run covers at least this much of a disk, so that it meets more than the ledger. */
    private static final long LEAST_SCRAMBLED_BYTES = 4L << 20;

    private static final long LEDGER_AT = 65536;
    private static final int NOISE_BYTES = 65536;
    private static final int SCAN_BYTES = 65536;

    private final Guest guest;
    private final ReentrantLock console = new ReentrantLock();

    /** Last entry of each disk's ledger: what the guest holds in memory, gone with the power. */
    private final Map<Integer, LedgerEntry> tails = new HashMap<>();

    public LedgerProgram(Guest guest) {
        this.guest = guest;
    }

    /**
     * Appends entry {@code number}, and returns after the disk acknowledged it.
     *
     * @param number one more than the last entry
     */
    public void append(int disk, long number) throws ProviderException {
        run(disk, target -> {
            LedgerEntry tail = tails.containsKey(disk) ? tails.get(disk) : scan(target);
            if (number != tail.number() + 1) {
                throw GuestRefusal.unfit(
                        "Entry " + number + " was not appended to " + target.name(),
                        "the ledger ends with entry " + tail.number());
            }
            long at = LEDGER_AT + tail.number() * LedgerEntry.BLOCK_BYTES;
            if (at + LedgerEntry.BLOCK_BYTES > ledgerEnd(target)) {
                throw GuestRefusal.unfit(
                        "Entry " + number + " was not appended to " + target.name(), "the disk is full");
            }
            target.write(at, tail.nextBlock());
            tails.put(disk, tail.next());
            return tail;
        });
    }

    /** Overwrites the ledger, and as much again, with noise. */
    public void scramble(int disk) throws ProviderException {
        run(disk, target -> {
            long ledgerEnd = LEDGER_AT + scan(target).number() * LedgerEntry.BLOCK_BYTES;
            long end = Math.min(target.sizeBytes(), Math.max(LEAST_SCRAMBLED_BYTES, 2 * ledgerEnd));
            tails.remove(disk);
            SplittableRandom noise =
                    new SplittableRandom(ledgerEnd ^ target.name().hashCode() ^ System.nanoTime());
            byte[] bytes = new byte[NOISE_BYTES];
            for (long at = 0; at < end; at += NOISE_BYTES) {
                noise.nextBytes(bytes);
                target.write(at, ByteBuffer.wrap(bytes, 0, (int) Math.min(NOISE_BYTES, end - at)));
            }
            return end;
        });
    }

    /** Makes everything durable that was acknowledged; the program itself holds nothing back. */
    public void sync() throws ProviderException {
        for (int disk = 0; disk < guest.disks().size(); disk++) {
            run(disk, target -> {
                target.flush();
                return true;
            });
        }
    }

    /** Reads and verifies the ledger. */
    public LedgerReport report(int disk) throws ProviderException {
        return run(disk, target -> {
            LedgerEntry tail = scan(target);
            long end = LEDGER_AT + tail.number() * LedgerEntry.BLOCK_BYTES;
            return new LedgerReport(tail.number(), isEmptyFrom(target, end));
        });
    }

    /** Follows the chain from the first entry to the last that fits. */
    private static LedgerEntry scan(GuestDisk target) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(SCAN_BYTES);
        LedgerEntry tail = LedgerEntry.START;
        long end = ledgerEnd(target);
        for (long at = LEDGER_AT; at < end; at += SCAN_BYTES) {
            piece.clear().limit((int) Math.min(SCAN_BYTES, end - at));
            target.read(at, piece);
            for (int block = 0; block + LedgerEntry.BLOCK_BYTES <= piece.limit(); block += LedgerEntry.BLOCK_BYTES) {
                if (!tail.isFollowedBy(piece.slice(block, LedgerEntry.BLOCK_BYTES))) {
                    return tail;
                }
                tail = tail.next();
            }
        }
        return tail;
    }

    /** A whole ledger is followed by nothing at all: anything else is garbage, or an entry beyond a hole. */
    private static boolean isEmptyFrom(GuestDisk target, long offset) throws IOException {
        long end = ledgerEnd(target);
        if (offset >= end) {
            return true;
        }
        ByteBuffer piece = ByteBuffer.allocate(SCAN_BYTES);
        for (BlockExtent extent : target.extents(offset, end - offset)) {
            if (extent.content() == BlockExtent.Content.ZERO) {
                continue;
            }
            for (long at = extent.offset(); at < extent.endOffset(); at += SCAN_BYTES) {
                piece.clear().limit((int) Math.min(SCAN_BYTES, extent.endOffset() - at));
                target.read(at, piece);
                if (!Zeroes.only(piece.flip())) {
                    return false;
                }
            }
        }
        return true;
    }

    private static long ledgerEnd(GuestDisk target) {
        return RandomWriter.areaStart(target.sizeBytes());
    }

    private <T> T run(int disk, Command<T> command) throws ProviderException {
        if (disk < 0 || disk >= guest.disks().size()) {
            throw GuestRefusal.unfit(
                    "The guest " + guest.name() + " did nothing",
                    "it has no disk " + disk + ", but " + guest.disks().size() + " counted from 0");
        }
        console.lock();
        try {
            return command.on(guest.disks().get(disk));
        } catch (IOException failed) {
            guest.requirePower(); // says so when the power was cut meanwhile
            throw GuestRefusal.failingDisk(guest.name(), failed);
        } finally {
            console.unlock();
        }
    }

    private interface Command<T> {
        T on(GuestDisk target) throws IOException, ProviderException;
    }
}
