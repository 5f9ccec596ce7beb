package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** One use of a scratch over a view: some changes, and what is to be read then. */
final class ScratchRound {
    private ScratchRound() {}

    static void run(Journal journal, VolumeView view, Model model, Path file, Random random) throws IOException {
        byte[] expected = model.contents(model.spec().indexOf(view.volume()), view.position());
        try (Scratch scratch = journal.openScratch(view, file)) {
            for (int i = 0; i < 3; i++) {
                int offset = random.nextInt(expected.length);
                int length = 1 + random.nextInt(Math.min(9_000, expected.length - offset));
                if (random.nextBoolean()) {
                    byte[] data = new byte[length];
                    random.nextBytes(data);
                    scratch.write(offset, ByteBuffer.wrap(data));
                    System.arraycopy(data, 0, expected, offset, length);
                } else {
                    scratch.writeZeroes(offset, length, ZeroCause.WRITE_ZEROES);
                    Arrays.fill(expected, offset, offset + length, (byte) 0);
                }
            }
            scratch.flush();
            ByteBuffer actual = ByteBuffer.allocate(expected.length);
            scratch.read(0, actual);
            assertArrayEquals(expected, actual.array());
        }
    }
}
