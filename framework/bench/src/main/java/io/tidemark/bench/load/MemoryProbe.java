package io.tidemark.bench.load;

import io.tidemark.bench.process.Program;
import io.tidemark.bench.process.Workplace;
import io.tidemark.journal.VolumeView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;

/** A process that keeps a journal of sparse volumes of 1 TiB, with a view of each open, and says how much memory it has. */
public final class MemoryProbe {
    private static final long TIB = 1L << 40;
    private static final int RECORD_BYTES = 4096;
    private static final int RECORDS_PER_BATCH = 64;
    private static final int READS_PER_VIEW = 1000;
    private static final String RESIDENT = "RssAnon:";

    private MemoryProbe() {}

    /** Resident memory, without mapped files, of a process with so many volumes and so many bytes written to each; in KiB. */
    public static long residentKib(Workplace workplace, int volumes, long writtenBytesPerVolume)
            throws IOException, InterruptedException {
        Path folder = workplace.fresh("journal");
        List<String> tightHeap =
                List.of("-Xmx2g", "-Xms16m", "-XX:+UseSerialGC", "-XX:MinHeapFreeRatio=5", "-XX:MaxHeapFreeRatio=10");
        List<String> command = ChildJvm.command(
                MemoryProbe.class, tightHeap, folder.toString(), "" + volumes, "" + writtenBytesPerVolume);
        String printed = Program.run(workplace, Duration.ofMinutes(10), command);
        Workplace.delete(folder);
        return Long.parseLong(printed);
    }

    /** The process. */
    public static void main(String[] arguments) throws IOException {
        int volumes = Integer.parseInt(arguments[1]);
        long writtenBytes = Long.parseLong(arguments[2]);
        try (LoadedJournal journal = LoadedJournal.create(Path.of(arguments[0]), volumes, TIB)) {
            fill(journal, volumes, writtenBytes);
            var checkpoint = journal.checkpoint();
            List<VolumeView> views = new ArrayList<>();
            Random random = new Random(8);
            for (int i = 0; i < volumes; i++) {
                VolumeView view = journal.journal().openView(LoadedJournal.volume(i), checkpoint);
                views.add(view);
                for (int j = 0; j < READS_PER_VIEW; j++) {
                    view.read(random.nextLong(TIB / RECORD_BYTES) * RECORD_BYTES, ByteBuffer.allocate(RECORD_BYTES));
                }
            }
            System.out.println(resident());
            views.forEach(VolumeView::close);
        }
    }

    private static void fill(LoadedJournal journal, int volumes, long writtenBytes) throws IOException {
        TemplateBatches batches = new TemplateBatches(RECORDS_PER_BATCH, RECORD_BYTES, 8);
        LongSupplier offsets = Offsets.random(TIB, RECORD_BYTES, 8);
        for (long done = 0; done < writtenBytes; done += batches.payloadBytes()) {
            for (int volume = 0; volume < volumes; volume++) {
                journal.append(batches, volume, offsets);
            }
            journal.journal().sync();
        }
    }

    @SuppressWarnings("CallingSystemGc") // what is garbage by now is not what a volume needs
    private static long resident() throws IOException {
        System.gc();
        System.gc();
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith(RESIDENT)) {
                return Long.parseLong(
                        line.substring(RESIDENT.length()).replace("kB", "").strip());
            }
        }
        throw new IOException("the kernel does not say how much memory is resident");
    }
}
