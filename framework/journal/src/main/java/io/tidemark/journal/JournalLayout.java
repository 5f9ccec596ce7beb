package io.tidemark.journal;

import java.nio.file.Path;
import java.util.HexFormat;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of a journal's files; nothing else knows them. */
record JournalLayout(Path folder) {
    private static final String TEMPORARY = ".tmp";
    private static final Pattern SEGMENT = Pattern.compile("segment-([0-9a-f]{16})\\.tms");
    private static final Pattern OURS = Pattern.compile(
            "(journal\\.(tmj|creating|deleting)|checkpoints\\.tml|base-\\d{4}\\.(img|map)|segment-[0-9a-f]{16}\\.tms)(\\.tmp)?");

    Path manifest() {
        return folder.resolve("journal.tmj");
    }

    /** The manifest of a journal that is being created: the proof that what lies beside it may be removed. */
    Path creating() {
        return folder.resolve("journal.creating");
    }

    /** The manifest of a journal that is being destroyed: the same proof. */
    Path deleting() {
        return folder.resolve("journal.deleting");
    }

    Path lock() {
        return folder.resolve("lock");
    }

    Path checkpointLog() {
        return folder.resolve("checkpoints.tml");
    }

    Path segment(long number) {
        return folder.resolve("segment-" + HexFormat.of().toHexDigits(number) + ".tms");
    }

    Path baseImage(int volumeIndex) {
        return folder.resolve(baseName(volumeIndex) + ".img");
    }

    Path baseMap(int volumeIndex) {
        return folder.resolve(baseName(volumeIndex) + ".map");
    }

    private static String baseName(int volumeIndex) {
        String digits = Integer.toString(volumeIndex);
        return "base-" + "0".repeat(Math.max(0, 4 - digits.length())) + digits;
    }

    /** Where a file is written before it gets its name. */
    static Path temporary(Path file) {
        return file.resolveSibling(name(file) + TEMPORARY);
    }

    static boolean isTemporary(Path file) {
        return isOurs(file) && name(file).endsWith(TEMPORARY);
    }

    /** The number of a segment file; empty for other files. */
    static OptionalLong segmentNumber(Path file) {
        Matcher matcher = SEGMENT.matcher(name(file));
        return matcher.matches()
                ? OptionalLong.of(HexFormat.fromHexDigitsToLong(matcher.group(1)))
                : OptionalLong.empty();
    }

    /** Whether the name is one that this class gives; the lock file's is not. */
    static boolean isOurs(Path file) {
        return OURS.matcher(name(file)).matches();
    }

    private static String name(Path file) {
        Path name = file.getFileName();
        return name == null ? "" : name.toString();
    }
}
