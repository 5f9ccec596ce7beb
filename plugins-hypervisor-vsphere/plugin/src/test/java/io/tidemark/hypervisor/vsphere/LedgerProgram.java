package io.tidemark.hypervisor.vsphere;

import io.tidemark.hypervisor.vsphere.PlayedHosts.Refused;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;

/** The program of a sample VM for one disk: entry n is block n of 4 KiB, filled from a number chained from the entry before. */
final class LedgerProgram {
    private static final int BLOCK_BYTES = 4096;
    private static final byte[] BLANK = new byte[BLOCK_BYTES];

    private final PlayedDisk disk;

    LedgerProgram(PlayedDisk disk) {
        this.disk = disk;
    }

    private record State(long entries, boolean intact, long digest) {}

    private static long next(long digest, long number) {
        return new SplittableRandom(digest * 31 + number).nextLong();
    }

    private static byte[] block(long digest, long number) {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).putLong(number);
        SplittableRandom filler = new SplittableRandom(digest);
        while (block.hasRemaining()) {
            block.putLong(filler.nextLong());
        }
        return block.array();
    }

    private State verify() throws IOException {
        byte[] all = disk.read(0, Math.toIntExact(disk.sizeBytes()));
        long digest = 1;
        int blocks = all.length / BLOCK_BYTES;
        for (int i = 0; i < blocks; i++) {
            byte[] found = Arrays.copyOfRange(all, i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES);
            long expected = next(digest, i + 1);
            if (!Arrays.equals(found, block(expected, i + 1))) {
                return new State(i, Arrays.equals(found, BLANK), digest);
            }
            digest = expected;
        }
        return new State(blocks, true, digest);
    }

    String append(long number) throws IOException, Refused, InterruptedException {
        State state = verify();
        if (!state.intact()) {
            throw new Refused("the ledger is damaged after entry " + state.entries());
        }
        if (number != state.entries() + 1) {
            throw new Refused("the last entry is " + state.entries() + ", so the next one is not " + number);
        }
        disk.write((number - 1) * BLOCK_BYTES, block(next(state.digest(), number), number));
        return "ok";
    }

    String scramble() throws IOException, InterruptedException {
        byte[] noise = new byte[Math.toIntExact(disk.sizeBytes())];
        new Random().nextBytes(noise);
        disk.write(0, noise);
        return "ok";
    }

    String report() throws IOException {
        State state = verify();
        return "ok " + state.entries() + " " + (state.intact() ? 1 : 0);
    }
}
