package io.tidemark.journal;

import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of a journal's files; nothing else knows them. */
record JournalLayout(Path folder) {
    private static final String TEMPORARY = ".tmp";
    private static final Pattern SEGMENT = Pattern.compile("segment-([0-9a-f]{16})(?:-([0-9a-f]{16}))?\\.tms");
    private static final Pattern SPARE = Pattern.compile("spare-[0-9a-f]{16}\\.tms");
    private static final Pattern BASE = Pattern.compile("base-\\d{4}\\.(img|map|sum)");
    private static final Pattern RUN = Pattern.compile("run-(\\d{2})-([0-9a-f]{16})\\.tmx");
    private static final Pattern THINNED = Pattern.compile("thinned-([0-9a-f]{16})\\.tmn");
    private static final Pattern OURS = Pattern.compile(
            "(journal\\.(tmj|creating|deleting)|checkpoints\\.tml|base-\\d{4}\\.(img|map|sum)|segment-[0-9a-f]{16}(-[0-9a-f]{16})?\\.tms|spare-[0-9a-f]{16}\\.tms|run-\\d{2}-[0-9a-f]{16}\\.tmx|thinned-[0-9a-f]{16}\\.tmn)(\\.tmp)?");

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

    /** The position is in the name so that a journal of any size is opened without looking into its segments. */
    Path segment(long number, long basePosition) {
        return folder.resolve("segment-" + hex(number) + "-" + hex(basePosition) + ".tms");
    }

    /** A file that is kept to become a segment. */
    Path spare(long unique) {
        return folder.resolve("spare-" + hex(unique) + ".tms");
    }

    Path run(int level, long firstSegment) {
        return folder.resolve("run-" + (level < 10 ? "0" : "") + level + "-" + hex(firstSegment) + ".tmx");
    }

    /** What says which frames of a segment are gone. */
    static Path thinned(Path segment, long number) {
        return segment.resolveSibling("thinned-" + hex(number) + ".tmn");
    }

    /** The number of the segment that such a file speaks of; empty for other files. */
    static OptionalLong thinnedNumber(Path file) {
        Matcher matcher = THINNED.matcher(name(file));
        return matcher.matches()
                ? OptionalLong.of(HexFormat.fromHexDigitsToLong(matcher.group(1)))
                : OptionalLong.empty();
    }

    private static String hex(long number) {
        return HexFormat.of().toHexDigits(number);
    }

    Path baseImage(int volumeIndex) {
        return folder.resolve(baseName(volumeIndex) + ".img");
    }

    Path baseMap(int volumeIndex) {
        return folder.resolve(baseName(volumeIndex) + ".map");
    }

    Path baseSums(int volumeIndex) {
        return folder.resolve(baseName(volumeIndex) + ".sum");
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

    /** What the name of a segment file says; version 1 of the format has no position in it. */
    record SegmentName(long number, OptionalLong basePosition) {}

    /** Empty for other files. */
    static Optional<SegmentName> segmentName(Path file) {
        Matcher matcher = SEGMENT.matcher(name(file));
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String base = matcher.group(2);
        return Optional.of(new SegmentName(
                HexFormat.fromHexDigitsToLong(matcher.group(1)),
                base == null ? OptionalLong.empty() : OptionalLong.of(HexFormat.fromHexDigitsToLong(base))));
    }

    static boolean isSpare(Path file) {
        return SPARE.matcher(name(file)).matches();
    }

    /** Whether a file is a base image or the map of one. */
    static boolean isBase(Path file) {
        return BASE.matcher(name(file)).matches();
    }

    /** What the name of a run says. */
    record RunName(int level, long firstSegment) {}

    /** Empty for other files. */
    static Optional<RunName> runName(Path file) {
        Matcher matcher = RUN.matcher(name(file));
        return matcher.matches()
                ? Optional.of(new RunName(
                        Integer.parseInt(matcher.group(1)), HexFormat.fromHexDigitsToLong(matcher.group(2))))
                : Optional.empty();
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
