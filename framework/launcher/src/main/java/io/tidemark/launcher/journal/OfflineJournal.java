package io.tidemark.launcher.journal;

import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalConfig;
import io.tidemark.journal.JournalCorruptException;
import io.tidemark.journal.JournalRefusedException;
import io.tidemark.journal.file.FileStoreFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A journal that no server has open, opened beside its files; or the reason why its damage keeps it from being opened. */
final class OfflineJournal implements AutoCloseable {
    private static final String MARK = "journal.tmj";
    private static final int SEARCH_DEPTH = 6;
    private static final int MOST_NAMED = 5;

    private final Path folder;
    private final BesideFiles files;
    private final Optional<Journal> journal;
    private final String damage;

    private OfflineJournal(Path folder, BesideFiles files, Optional<Journal> journal, String damage) {
        this.folder = folder;
        this.files = files;
        this.journal = journal;
        this.damage = damage;
    }

    static OfflineJournal open(Path folder) throws Refusal, IOException {
        checkIsJournal(folder);
        BesideFiles files = new BesideFiles();
        try {
            return new OfflineJournal(
                    folder, files, Optional.of(Journal.open(folder, JournalConfig.defaults(), files)), "");
        } catch (JournalCorruptException e) {
            return new OfflineJournal(folder, files, Optional.empty(), String.valueOf(e.getMessage()));
        } catch (JournalRefusedException e) {
            files.close();
            throw e.reason() == JournalRefusedException.Reason.IN_USE
                    ? inUse(folder)
                    : new Refusal(
                            "The journal cannot be looked at",
                            String.valueOf(e.getMessage()),
                            "Use the version of Tidemark that wrote it, or a newer one.");
        } catch (IOException | RuntimeException e) {
            files.close();
            throw e;
        }
    }

    private static void checkIsJournal(Path folder) throws Refusal, IOException {
        if (!Files.isDirectory(folder)) {
            throw new Refusal(
                    "There is no journal to look at",
                    Files.exists(folder)
                            ? folder + " is a file, and a journal is a folder"
                            : folder + " does not exist",
                    "Name the folder of a journal: DATA/journals/VPG/VM below the data folder of the recovery site.");
        }
        if (!Journal.exists(folder, new FileStoreFiles())) {
            List<Path> below = journalsBelow(folder);
            throw new Refusal(
                    "There is no journal to look at",
                    folder + " is not a journal: it has no file " + MARK,
                    below.isEmpty()
                            ? "Name the folder of a journal: DATA/journals/VPG/VM below the data folder of the recovery"
                                    + " site."
                            : "Name one of the journals below it: "
                                    + below.stream()
                                            .limit(MOST_NAMED)
                                            .map(Path::toString)
                                            .collect(Collectors.joining(", "))
                                    + (below.size() > MOST_NAMED ? ", …" : ""));
        }
    }

    private static List<Path> journalsBelow(Path folder) throws IOException {
        try (Stream<Path> found =
                Files.find(folder, SEARCH_DEPTH, (path, is) -> MARK.equals(String.valueOf(path.getFileName())))) {
            return found.map(path -> folder.resolve(folder.relativize(path)).resolveSibling(""))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException unreadable) {
            // It was to be a hint only.
            return List.of();
        }
    }

    static Refusal inUse(Path folder) {
        String holder = LockHolder.of(folder.resolve("lock"))
                .map(process -> process + " has it open")
                .orElse("another process has it open");
        return new Refusal(
                "The journal is in use",
                holder,
                "Stop that server first, or ask it: 'tidemark vpg scrub VPG' checks a journal that is in use.");
    }

    Path folder() {
        return folder;
    }

    /** Empty when it is damaged so that no server could open it. */
    Optional<Journal> journal() {
        return journal;
    }

    /** Why no server could open it. */
    String damage() {
        return damage;
    }

    @Override
    public void close() throws IOException {
        try {
            if (journal.isPresent()) {
                journal.get().close();
            }
        } finally {
            files.close();
        }
    }
}
