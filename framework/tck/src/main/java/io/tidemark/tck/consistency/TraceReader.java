package io.tidemark.tck.consistency;

import io.tidemark.tck.consistency.DiskHistory.Write;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a simulated hypervisor recorded of its guests' writes into histories of disks; the format is that of its {@code
 * trace-directory}.
 *
 * <p>A process that was killed may leave a last record that is cut off, which is ignored, and a write that was issued and never
 * acknowledged, which happened or not. The contents that are recorded at the next power-on say which: they count as a write of the whole
 * disk.
 */
public final class TraceReader {
    private final Path directory;

    public TraceReader(Path directory) {
        this.directory = directory;
    }

    /**
     * The history of one disk over all runs so far.
     *
     * @param volume the volume's id
     * @throws IOException when there is no record of it, or one that is wrong otherwise than by a cut-off end
     */
    public DiskHistory read(String volume) throws IOException {
        DiskHistory history = null;
        for (Path file : filesOf(volume)) {
            history = readRun(file, volume, history);
        }
        if (history == null) {
            throw new IOException("nothing is recorded of volume " + volume + " in " + directory);
        }
        return history;
    }

    private List<Path> filesOf(String volume) throws IOException {
        String name = volume.replace('/', '_') + ".trace";
        try (Stream<Path> runs = Files.list(directory)) {
            return runs.map(run -> run.resolve(name))
                    .filter(Files::exists)
                    .sorted()
                    .toList();
        }
    }

    private static @Nullable DiskHistory readRun(Path file, String volume, @Nullable DiskHistory earlier)
            throws IOException {
        DiskHistory history = earlier;
        Entry open = null;
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            for (Entry next = next(in); next != null; next = next(in)) {
                if (history == null) {
                    require(next.kind() == 'C', file, next);
                    history = new DiskHistory(volume, next.data(), new AtomicLong());
                    continue;
                }
                if (open != null) {
                    boolean acknowledged = next.kind() == 'A';
                    history.add(open.write(acknowledged ? next.moment() : DiskHistory.NEVER));
                    open = null;
                    if (acknowledged) {
                        continue;
                    }
                }
                switch (next.kind()) {
                    case 'C' -> history.add(next.write(next.moment()));
                    case 'I' -> open = next;
                    default -> require(false, file, next);
                }
            }
        }
        if (history != null && open != null) {
            history.add(open.write(DiskHistory.NEVER));
        }
        return history;
    }

    private static void require(boolean right, Path file, Entry record) throws IOException {
        if (!right) {
            throw new IOException(file + ": a record '" + (char) record.kind() + "' at moment " + record.moment()
                    + " has no place there");
        }
    }

    /** The next record; null at the end, also at a cut-off one. */
    private static @Nullable Entry next(DataInputStream in) throws IOException {
        try {
            long moment = in.readLong();
            byte kind = in.readByte();
            long offset = in.readLong();
            byte[] data = new byte[in.readInt()];
            in.readFully(data);
            return new Entry(moment, kind, Math.toIntExact(offset), data);
        } catch (EOFException end) {
            return null;
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Entry(long moment, byte kind, int offset, byte[] data) {
        Write write(long acknowledged) {
            return new Write(offset, data, moment, acknowledged);
        }
    }
}
