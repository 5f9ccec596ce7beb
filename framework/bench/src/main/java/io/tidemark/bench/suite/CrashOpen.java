package io.tidemark.bench.suite;

import io.tidemark.bench.load.KilledWriter;
import io.tidemark.bench.load.LoadedJournal;
import io.tidemark.bench.measure.Bar;
import io.tidemark.bench.measure.Comparison;
import io.tidemark.bench.measure.Metric;
import io.tidemark.bench.measure.Outcome;
import io.tidemark.bench.measure.Round;
import io.tidemark.bench.process.PageCache;
import io.tidemark.bench.process.Program;
import io.tidemark.bench.process.Workplace;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How long a journal takes to open after its process was killed, cold, and whether that grows with the journal. */
final class CrashOpen implements Benchmark {
    private static final long SEGMENT_BYTES = 64 * Scale.MIB;
    private static final int CHECKPOINTS = 1000;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final Pattern DD_SECONDS = Pattern.compile("copied, ([0-9.e-]+) s");

    @Override
    public String name() {
        return "crash-open";
    }

    @Override
    public Explanation explanation() {
        return new Explanation(
                "opening a journal after kill -9 in the midst of appending, nothing of it in the page cache; journals of 1, 8 and 32 GiB",
                "dd reading one segment (64 MiB) from the disk",
                "at most 500 ms; at most 1.3 times as long for the largest journal as for the smallest",
                6);
    }

    @Override
    public Set<String> programs() {
        return Set.of("dd", "find", "sync");
    }

    private static long[] sizes(Scale scale) {
        return scale.journalSizes(Scale.GIB, 8 * Scale.GIB, 32 * Scale.GIB);
    }

    @Override
    public long diskBytes(Scale scale) {
        return Arrays.stream(sizes(scale)).sum() * 21 / 20 + 3 * Scale.GIB;
    }

    private record Subject(long sizeBytes, Path folder, Comparison time) {}

    @Override
    public Outcome measure(Run run) throws IOException, InterruptedException {
        List<Subject> subjects = new ArrayList<>();
        for (long size : sizes(run.scale())) {
            run.say("filling a journal of " + Scale.words(size));
            Path folder = run.workplace().fresh("journal");
            JournalSizes.fill(folder, size, CHECKPOINTS).close();
            Comparison time = Comparison.with(
                    "dd of one segment", "open, " + Scale.words(size) + " journal", "ms", Bar.valueAtMost(500));
            subjects.add(new Subject(size, folder, time));
        }
        Subject small = subjects.getFirst();
        Subject large = subjects.getLast();
        Comparison growth = Comparison.with(
                Scale.words(small.sizeBytes()) + " journal",
                "open, " + Scale.words(large.sizeBytes()) + " journal",
                "ms",
                Bar.ratioAtMost(1.3));
        Path segment = run.workplace().fresh("segment");
        Program.run(
                run.workplace(),
                Duration.ofMinutes(1),
                List.of("dd", "if=/dev/urandom", "of=" + segment, "bs=1M", "count=64", "conv=fdatasync"));
        Random random = new Random(3);
        run.interleave(round -> {
            for (Subject subject : subjects) {
                double millis = openAfterKill(run.workplace(), subject, random);
                subject.time().tidemark(round, millis);
                subject.time().peer(round, readSegment(run.workplace(), segment));
                compareGrowth(growth, subject, small, large, round, millis);
            }
        });
        List<Metric> metrics = new ArrayList<>();
        subjects.forEach(subject -> metrics.add(subject.time().result()));
        if (subjects.size() > 1) {
            metrics.add(growth.result());
        }
        return new Outcome(
                name(),
                List.of(
                        "cold: what the kernel has cached of the journal is dropped before; dd reads with O_DIRECT, 1 MiB at a time",
                        "the JVM that opens is warm; it has opened journals before",
                        JournalSizes.note(sizes(run.scale()).length, 3)),
                metrics);
    }

    private static void compareGrowth(
            Comparison growth, Subject subject, Subject small, Subject large, Round round, double millis) {
        if (subject.equals(small)) {
            growth.peer(round, millis);
        }
        if (subject.equals(large)) {
            growth.tidemark(round, millis);
        }
    }

    private static double openAfterKill(Workplace workplace, Subject subject, Random random)
            throws IOException, InterruptedException {
        KilledWriter.appendAndKill(workplace, subject.folder(), random.nextLong(SEGMENT_BYTES));
        PageCache.drop(workplace, subject.folder());
        long began = System.nanoTime();
        LoadedJournal opened = LoadedJournal.open(subject.folder());
        double millis = (System.nanoTime() - began) / NANOS_PER_MILLI;
        opened.close();
        return millis;
    }

    private static double readSegment(Workplace workplace, Path segment) throws IOException, InterruptedException {
        String printed = Program.run(
                workplace,
                Duration.ofMinutes(1),
                List.of("env", "LC_ALL=C", "dd", "if=" + segment, "of=/dev/null", "bs=1M", "iflag=direct"));
        Matcher seconds = DD_SECONDS.matcher(printed);
        if (!seconds.find()) {
            throw new IOException("dd printed no time: " + printed);
        }
        return Double.parseDouble(seconds.group(1)) * 1000;
    }
}
