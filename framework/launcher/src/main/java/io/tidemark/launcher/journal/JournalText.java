package io.tidemark.launcher.journal;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.StringJoiner;

/** Says in words what {@link Facts} and {@link Verification} found. */
final class JournalText {
    private static final int MOST_LISTED = 20;
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

    private JournalText() {}

    static void facts(PrintWriter out, JsonNode facts) {
        out.println("Journal " + facts.path("folder").asText());
        if (!facts.path("opens").asBoolean()) {
            out.println("  It is damaged so that no server opens it: "
                    + facts.path("damage").asText());
            line(out, "Segments", facts.path("segmentFiles").size() + " files");
            line(out, "Indexes", facts.path("runFiles").size() + " merged ones");
            out.println();
            out.println("'tidemark journal verify' says more, and what to do.");
            return;
        }
        line(
                out,
                "Of",
                "VM " + facts.path("vm").asText() + " in VPG "
                        + facts.path("vpg").asText());
        int index = 0;
        for (JsonNode volume : facts.path("volumes")) {
            line(
                    out,
                    index == 0 ? "Volumes" : "",
                    index + ": " + volume.path("id").asText() + ", " + size(volume.path("sizeBytes")));
            index++;
        }
        line(
                out,
                "State",
                facts.path("state").asText().equals("CONSISTENT")
                        ? "its end is a consistent point of the VM"
                        : "it ends inside a sync: recover to a checkpoint, its very end is not consistent");
        history(out, facts);
        checkpoints(out, facts.path("checkpoints"));
        line(
                out,
                "Records",
                "from position " + facts.path("floorPosition").asText() + " to "
                        + facts.path("endPosition").asText() + " in "
                        + segments(facts.path("segmentFiles")) + ", with "
                        + facts.path("runFiles").size() + " merged indexes (runs); epoch "
                        + facts.path("epoch").asText());
        JsonNode space = facts.path("space");
        line(
                out,
                "Takes",
                size(space.path("totalBytes")) + " on disk: records " + size(space.path("segmentBytes"))
                        + ", base images " + size(space.path("baseImageBytes")) + ", merged indexes "
                        + size(space.path("mergedIndexBytes")) + ", files kept for reuse "
                        + size(space.path("spareBytes")) + ", other " + size(space.path("otherBytes")));
    }

    private static String segments(JsonNode files) {
        return files.isEmpty()
                ? "no segments"
                : files.size() + " segments (numbers "
                        + files.get(0).path("number").asText() + " to "
                        + files.get(files.size() - 1).path("number").asText() + ")";
    }

    private static void history(PrintWriter out, JsonNode facts) {
        JsonNode checkpoints = facts.path("checkpoints");
        line(
                out,
                "History",
                checkpoints.path("oldest").isObject()
                        ? duration(facts.path("historySeconds").asLong()) + ", from "
                                + checkpoints.path("oldest").path("time").asText() + " to "
                                + checkpoints.path("newest").path("time").asText()
                        : "none: there is no checkpoint that can be chosen");
    }

    private static void checkpoints(PrintWriter out, JsonNode checkpoints) {
        StringJoiner kinds = new StringJoiner(", ");
        checkpoints
                .path("kinds")
                .properties()
                .forEach(kind -> kinds.add(kind.getValue().asText() + " "
                        + kind.getKey().toLowerCase(Locale.ROOT).replace('_', '-')));
        long damaged = checkpoints.path("damaged").asLong();
        line(
                out,
                "Checkpoints",
                checkpoints.path("selectable").asText() + " can be chosen"
                        + (kinds.length() == 0
                                ? ""
                                : " (" + kinds + "; "
                                        + checkpoints.path("pinned").asText() + " pinned)")
                        + (damaged == 0 ? "" : "; " + damaged + " cannot, a scrub found them damaged"));
        int shown = 0;
        JsonNode tagged = checkpoints.path("tagged");
        for (JsonNode each : tagged) {
            if (shown++ == MOST_LISTED) {
                line(
                        out,
                        "",
                        "… and " + (tagged.size() - MOST_LISTED)
                                + " more with a tag: see 'tidemark journal dump --checkpoints'");
                break;
            }
            line(out, "", checkpoint(each));
        }
    }

    static String checkpoint(JsonNode each) {
        StringJoiner words = new StringJoiner(", ");
        words.add(each.path("id").asText() + " of " + each.path("time").asText());
        String tag = each.path("tag").asText();
        if (!each.path("kind").asText().equals("TAGGED") || tag.isEmpty()) {
            words.add(each.path("kind").asText().toLowerCase(Locale.ROOT).replace('_', '-'));
        }
        if (!tag.isEmpty()) {
            words.add("tagged '" + printable(tag) + "'");
        }
        if (each.path("pinned").asBoolean()) {
            words.add("pinned");
        }
        if (!each.path("selectable").asBoolean()) {
            words.add("DAMAGED");
        }
        return words.toString();
    }

    static void verification(PrintWriter out, JsonNode found) {
        out.println("Journal " + found.path("folder").asText());
        if (!found.path("opens").asBoolean()) {
            notOpening(out, found);
            return;
        }
        line(
                out,
                "Of",
                "VM " + found.path("vm").asText() + " in VPG "
                        + found.path("vpg").asText());
        line(out, "Read", size(found.path("bytesRead")) + " of records and base images, all checksums compared");
        int lost = 0;
        for (JsonNode damage : found.path("damages")) {
            boolean harmless = damage.path("harmless").asBoolean();
            lost += harmless ? 0 : 1;
            line(
                    out,
                    harmless ? "Harmless" : "DAMAGE",
                    damage.path("file").asText() + " at byte "
                            + damage.path("offset").asText() + ": "
                            + damage.path("what").asText()
                            + (harmless
                                    ? ""
                                    : " (records "
                                            + damage.path("firstPosition").asText() + " to "
                                            + (damage.path("endPosition").asLong() - 1) + ")"));
        }
        JsonNode unusable = found.path("unusableCheckpoints");
        if (!unusable.isEmpty()) {
            line(out, "Unusable", unusable.size() + " checkpoints need what is damaged, from");
            line(out, "", checkpoint(unusable.get(0)) + " to");
            line(out, "", checkpoint(unusable.get(unusable.size() - 1)));
        }
        if (found.path("markedThoughSound").asInt() > 0) {
            line(
                    out,
                    "Marked",
                    found.path("markedThoughSound").asText()
                            + " checkpoints are marked as damaged by an earlier scrub, though all is well now");
        }
        verdict(out, found, lost);
    }

    private static void verdict(PrintWriter out, JsonNode found, int lost) {
        String usable = found.path("usableCheckpoints").asText();
        out.println();
        if (found.path("sound").asBoolean()) {
            out.println("Sound: nothing is damaged, and " + usable + " checkpoints can be recovered.");
            if (found.path("markedThoughSound").asInt() > 0) {
                out.println(
                        "What to do: scrub the VPG when its server runs; that makes the marked ones selectable again.");
            }
            return;
        }
        if (lost == 0) {
            out.println("Nothing is lost: what is damaged can be made again from the rest, and " + usable
                    + " checkpoints can be recovered.");
            out.println(
                    "What to do: check the storage (kernel log, SMART), because it returned other bytes than were written.");
            return;
        }
        int unusable = found.path("unusableCheckpoints").size();
        out.println(
                unusable == 0
                        ? "DAMAGED, but no checkpoint needs what is damaged: " + usable + " can be recovered."
                        : "DAMAGED: " + unusable + " checkpoints cannot be recovered, " + usable + " can.");
        out.println(
                "What to do: check the storage (kernel log, SMART) and mend or replace it. Start the server and scrub the VPG:");
        out.println(
                "  then those cannot be chosen by mistake. New checkpoints may need what is damaged too, until the VM has written it");
        out.println(
                "  again: scrub again later, or delete the VPG and protect its VMs anew. If an older copy of a damaged file exists,");
        out.println("  put it back and verify again.");
    }

    private static void notOpening(PrintWriter out, JsonNode found) {
        line(out, "DAMAGE", found.path("damage").asText());
        for (JsonNode each : found.path("segmentCheck")) {
            line(out, "Segments", each.asText());
        }
        out.println();
        out.println("DAMAGED: no server opens this journal, so that nothing is made worse. It was not changed.");
        out.println(
                "What to do: check the storage (kernel log, SMART). If an older copy of the damaged file exists, put it back and");
        out.println(
                "  verify again. Keep a copy of the folder for examination before anything else is tried. Else delete the VPG and");
        out.println("  protect its VMs anew: their history before now is lost.");
    }

    private static void line(PrintWriter out, String name, String value) {
        out.println("  " + name + " ".repeat(Math.max(1, 13 - name.length())) + value);
    }

    /** Tags come from people and other sites: nothing in them may move the cursor. */
    static String printable(String text) {
        return text.codePoints()
                .map(point -> Character.isISOControl(point) ? '?' : point)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    static String size(JsonNode bytes) {
        double value = bytes.asLong();
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0
                ? bytes.asLong() + " B"
                : String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, UNITS[unit]);
    }

    private static String duration(long seconds) {
        Duration time = Duration.ofSeconds(seconds);
        if (seconds < 120) {
            return seconds + " s";
        }
        return time.toMinutes() < 120
                ? time.toMinutes() + " min"
                : time.toHours() < 48 ? time.toHours() + " h" : time.toDays() + " d";
    }
}
