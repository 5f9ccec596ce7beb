package io.tidemark.bench.load;

import io.tidemark.bench.process.Program;
import io.tidemark.bench.process.Workplace;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongSupplier;

/** A process that appends to a journal until it is killed with -9. */
public final class KilledWriter {
    private static final int RECORDS_PER_BATCH = 16;
    private static final int RECORD_BYTES = 16 << 10;
    private static final String DURABLE = "durable";

    private KilledWriter() {}

    /** Lets a process append to a journal that is closed here, and kills it as soon as so much more is durable. */
    public static void appendAndKill(Workplace workplace, Path journal, long payloadBytes) throws IOException {
        Process process =
                Program.piped(workplace, ChildJvm.command(KilledWriter.class, List.of("-Xmx1g"), journal.toString()));
        StringBuilder printed = new StringBuilder();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            long groups = Math.max(1, payloadBytes / LoadedJournal.GROUP_BYTES);
            while (groups > 0) {
                String line = lines.readLine();
                if (line == null) {
                    throw new IOException("the process that appends ended by itself: " + printed);
                }
                if (line.equals(DURABLE)) {
                    groups--;
                } else {
                    printed.append(line).append('\n');
                }
            }
        } finally {
            workplace.end(process);
        }
    }

    /** The process. */
    public static void main(String[] arguments) throws IOException {
        TemplateBatches batches = new TemplateBatches(RECORDS_PER_BATCH, RECORD_BYTES, 7);
        try (LoadedJournal journal = LoadedJournal.open(Path.of(arguments[0]))) {
            long volumeBytes = journal.journal().spec().volumes().getFirst().sizeBytes();
            LongSupplier offsets = Offsets.random(volumeBytes, RECORD_BYTES, System.nanoTime());
            while (true) {
                journal.ingest(batches, offsets, LoadedJournal.GROUP_BYTES);
                System.out.println(DURABLE);
            }
        }
    }
}
