package io.tidemark.launcher.journal;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalVolume;
import io.tidemark.journal.Pinning;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.journal.file.StoreFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a journal is and holds, as JSON; what is printed for people is made of the same. */
final class Facts {
    private static final Pattern SEGMENT = Pattern.compile("segment-([0-9a-f]{16})(-[0-9a-f]{16})?\\.tms");

    private Facts() {}

    static ObjectNode of(OfflineJournal offline) throws IOException {
        ObjectNode facts = JsonNodeFactory.instance.objectNode();
        facts.put("folder", offline.folder().toString());
        files(facts, offline.folder());
        if (offline.journal().isEmpty()) {
            facts.put("opens", false).put("damage", offline.damage());
            return facts;
        }
        Journal journal = offline.journal().get();
        facts.put("opens", true);
        facts.put("vpg", journal.spec().id().vpg().toString());
        facts.put("vm", journal.spec().id().vm().toString());
        ArrayNode volumes = facts.putArray("volumes");
        for (JournalVolume volume : journal.spec().volumes()) {
            volumes.addObject().put("id", volume.id().toString()).put("sizeBytes", volume.sizeBytes());
        }
        facts.put("epoch", journal.epoch());
        facts.put("state", journal.consistency().name());
        facts.put("floorPosition", journal.statistics().floorPosition());
        facts.put("endPosition", journal.durablePosition());
        facts.put("segments", journal.statistics().segments());
        checkpoints(facts, journal);
        return facts;
    }

    /** Names and sizes of segments and merged indexes, and what all takes on disk; known also of a journal that does not open. */
    private static void files(ObjectNode facts, Path folder) throws IOException {
        List<Path> names;
        try (Stream<Path> all = Files.list(folder)) {
            names = all.sorted().toList();
        }
        ArrayNode segments = facts.putArray("segmentFiles");
        ArrayNode runs = facts.putArray("runFiles");
        Map<String, Long> byKind = new TreeMap<>();
        for (Path path : names) {
            String name = String.valueOf(path.getFileName());
            if (!Files.isRegularFile(path) || name.equals("lock")) {
                continue;
            }
            Matcher segment = SEGMENT.matcher(name);
            if (segment.matches()) {
                segments.addObject()
                        .put("number", Long.parseUnsignedLong(segment.group(1), 16))
                        .put("name", name)
                        .put("lengthBytes", Files.size(path));
            } else if (name.startsWith("run-")) {
                runs.addObject().put("name", name).put("lengthBytes", Files.size(path));
            }
            // Asked of the file itself: what opening adds beside the journal does not count.
            try (StoreFile file = new FileStoreFiles().open(path)) {
                byKind.merge(kind(name), file.allocatedBytes(), Long::sum);
            }
        }
        ObjectNode space = facts.putObject("space");
        space.put(
                "totalBytes",
                byKind.values().stream().mapToLong(Long::longValue).sum());
        for (String kind : List.of("segment", "baseImage", "mergedIndex", "spare", "other")) {
            space.put(kind + "Bytes", byKind.getOrDefault(kind, 0L));
        }
    }

    private static String kind(String name) {
        return switch (name.replaceFirst("[-.].*", "")) {
            case "segment" -> "segment";
            case "base" -> "baseImage";
            case "run" -> "mergedIndex";
            case "spare" -> "spare";
            default -> "other";
        };
    }

    private static void checkpoints(ObjectNode facts, Journal journal) {
        List<CheckpointRecord> selectable = journal.checkpoints();
        ObjectNode checkpoints = facts.putObject("checkpoints");
        checkpoints.put("selectable", selectable.size());
        checkpoints.put("damaged", journal.damagedCheckpoints().size());
        checkpoints.put(
                "pinned",
                selectable.stream()
                        .filter(each -> each.pinning() == Pinning.PINNED)
                        .count());
        ObjectNode kinds = checkpoints.putObject("kinds");
        selectable.stream()
                .collect(Collectors.groupingBy(CheckpointRecord::kind, Collectors.counting()))
                .forEach((kind, count) -> kinds.put(kind.name(), count));
        if (!selectable.isEmpty()) {
            checkpoints.set("oldest", checkpoint(selectable.getFirst(), true));
            checkpoints.set("newest", checkpoint(selectable.getLast(), true));
        }
        ArrayNode tagged = checkpoints.putArray("tagged");
        for (CheckpointRecord each : all(journal)) {
            if (!each.tag().isEmpty()) {
                tagged.add(checkpoint(each, journal.checkpoint(each.id()).isPresent()));
            }
        }
        facts.put("historySeconds", journal.statistics().history().toSeconds());
    }

    /** With those that are damaged, oldest first. */
    static List<CheckpointRecord> all(Journal journal) {
        List<CheckpointRecord> all = new ArrayList<>(journal.checkpoints());
        all.addAll(journal.damagedCheckpoints());
        all.sort(Comparator.comparing(CheckpointRecord::id));
        return all;
    }

    static ObjectNode checkpoint(CheckpointRecord checkpoint, boolean selectable) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", checkpoint.id().value())
                .put("time", checkpoint.time().toString())
                .put("position", checkpoint.position())
                .put("kind", checkpoint.kind().name())
                .put("tag", checkpoint.tag())
                .put("pinned", checkpoint.pinning() == Pinning.PINNED)
                .put("selectable", selectable);
    }

    /** The checkpoints that are damaged after a scrub. */
    static Set<Long> damagedIds(Journal journal) {
        Set<Long> ids = new HashSet<>();
        journal.damagedCheckpoints().forEach(each -> ids.add(each.id().value()));
        return ids;
    }
}
