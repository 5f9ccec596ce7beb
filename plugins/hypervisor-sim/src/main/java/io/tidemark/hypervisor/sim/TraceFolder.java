package io.tidemark.hypervisor.sim;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.id.VolumeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Where every write of every guest is recorded, for whoever wants to judge later what a checkpoint shows. Any thread.
 *
 * <p>Layout: {@code <run>/<volume>.trace}, where a run is one opening of the hypervisor, counted from {@code 0001}, and slashes of a volume's
 * id are underscores. A file is a row of records, big-endian:
 *
 * <pre>
 *  0  8  moment: grows over all volumes and runs
 *  8  1  'C' contents of the whole disk at power-on, 'I' write issued, 'A' the write before acknowledged
 *  9  8  offset
 * 17  4  length of the data
 * 21  …  data
 * </pre>
 *
 * <p>Each record goes to the file before what it tells of, so that a process which is killed leaves no write without a record; it may
 * leave a record that is cut off, or one of a write that was never made.
 */
final class TraceFolder {
    /** Room for the moments of one run. */
    private static final int RUN_SHIFT = 40;

    private final Path folder;
    private final AtomicLong moments;

    private TraceFolder(Path folder, long run) {
        this.folder = folder;
        this.moments = new AtomicLong(run << RUN_SHIFT);
    }

    /** Begins a run. */
    static TraceFolder open(Path directory) throws IOException {
        Files.createDirectories(directory);
        long last;
        try (Stream<Path> runs = Files.list(directory)) {
            last = runs.mapToLong(run -> Long.parseLong(run.getFileName().toString()))
                    .max()
                    .orElse(0);
        } catch (NumberFormatException foreign) {
            throw new IOException("the trace folder " + directory + " holds what is no trace", foreign);
        }
        Path run = directory.resolve(String.format(Locale.ROOT, "%04d", last + 1));
        Files.createDirectory(run);
        return new TraceFolder(run, last + 1);
    }

    DiskTrace of(VolumeId volume) throws IOException {
        return new TraceFile(FileChannel.open(
                folder.resolve(volume.value().replace('/', '_') + ".trace"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.APPEND));
    }

    static DiskTrace of(Optional<TraceFolder> folder, VolumeId volume) throws IOException {
        return folder.isPresent() ? folder.get().of(volume) : DiskTrace.NONE;
    }

    /** The record of one disk in one run. */
    private final class TraceFile implements DiskTrace {
        private static final int HEADER_BYTES = 21;
        private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

        private final FileChannel file;

        TraceFile(FileChannel file) {
            this.file = file;
        }

        @Override
        public void poweredOn(BlockDevice contents) throws IOException {
            ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(contents.sizeBytes()));
            contents.read(0, all);
            append('C', 0, all.flip());
        }

        @Override
        public void issued(long offset, ByteBuffer data) throws IOException {
            append('I', offset, data);
        }

        @Override
        public void acknowledged() throws IOException {
            append('A', 0, NOTHING);
        }

        private void append(char kind, long offset, ByteBuffer data) throws IOException {
            ByteBuffer record = ByteBuffer.allocate(HEADER_BYTES + data.remaining());
            record.putLong(moments.incrementAndGet())
                    .put((byte) kind)
                    .putLong(offset)
                    .putInt(data.remaining())
                    .put(data.duplicate())
                    .flip();
            while (record.hasRemaining()) {
                file.write(record);
            }
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
