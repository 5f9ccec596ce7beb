package io.tidemark.launcher.journal;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalDamage;
import io.tidemark.journal.JournalInspection;
import io.tidemark.journal.ScrubReport;
import io.tidemark.journal.file.FileStoreFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Set;

/** Reads all of a journal and says, as JSON, whether it is sound, what is damaged, and what follows. */
final class Verification {
    private Verification() {}

    static ObjectNode of(OfflineJournal offline) throws IOException {
        ObjectNode facts = Facts.of(offline);
        if (offline.journal().isPresent()) {
            scrubbed(facts, offline.journal().get());
        } else {
            facts.put("sound", false);
            facts.putArray("damages");
        }
        return facts;
    }

    private static void scrubbed(ObjectNode facts, Journal journal) throws IOException {
        Set<Long> markedBefore = Facts.damagedIds(journal);
        ScrubReport report = journal.scrub();
        facts.put("sound", report.damages().isEmpty());
        facts.put("bytesRead", report.bytesRead());
        ArrayNode damages = facts.putArray("damages");
        for (JournalDamage damage : report.damages()) {
            damages.addObject()
                    .put("file", String.valueOf(damage.file().getFileName()))
                    .put("offset", damage.offset())
                    .put("firstPosition", damage.firstPosition())
                    .put("endPosition", damage.endPosition())
                    .put("harmless", damage.isHarmless())
                    .put("what", damage.what());
        }
        ArrayNode unusable = facts.putArray("unusableCheckpoints");
        for (CheckpointRecord each : journal.damagedCheckpoints()) {
            unusable.add(Facts.checkpoint(each, false));
        }
        markedBefore.removeAll(Facts.damagedIds(journal));
        facts.put("markedThoughSound", markedBefore.size());
        facts.put("usableCheckpoints", journal.checkpoints().size());
    }

    /** What the segments' own check says of a journal that does not open; the journal must not be open here. */
    static List<String> rawCheck(java.nio.file.Path folder) throws IOException {
        StringWriter text = new StringWriter();
        try (JournalInspection inspection = JournalInspection.open(folder, new FileStoreFiles());
                PrintWriter out = new PrintWriter(text)) {
            var _ = inspection.verify(out);
        }
        return text.toString().lines().toList();
    }
}
