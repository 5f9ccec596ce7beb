package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.control.dataplane.JournalPolicy;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.sample.SampleVm;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a VPG whose journals reach their limit or are damaged, end to end over the simulated hypervisor. */
class JournalLimitsTest {
    private static final long LIMIT = 64L << 20;
    private static final int BUSY = 600;
    /** Slow enough for several checkpoints in one segment. */
    private static final int QUIET = 20;

    private static Predicate<JsonNode> intake(String state) {
        return vpg -> vpg.path("journal").path("intake").asText().equals(state);
    }

    private static long newest(JsonNode vpg) {
        return vpg.path("newestCheckpoint").path("id").asLong();
    }

    @Test
    void shortenGivesUpTheOldestHistory(@TempDir Path folder) throws Exception {
        try (SitePair sites = new SitePair(folder, BUSY)) {
            JsonNode first = sites.ask(sites.west, "POST", "/vpgs/erp/checkpoints", "{\"tag\":\"first\"}", 201);
            sites.patch(sites.west, "{\"journalLimitBytes\":" + LIMIT + "}");
            sites.until(
                    sites.east,
                    "/vpgs/erp",
                    vpg -> vpg.path("journal").path("usedBytes").asLong() > LIMIT + (24 << 20));
            // A change is acted on at once, without waiting for the next turn of ageing.
            sites.patch(sites.east, "{\"targetRpoSeconds\":30}");
            JsonNode aged = sites.until(
                    sites.east,
                    "/vpgs/erp",
                    vpg -> vpg.path("journal").path("usedBytes").asLong() <= LIMIT + (8 << 20));
            assertEquals("OPEN", aged.path("journal").path("intake").asText());
            String path = "/vpgs/erp/checkpoints/" + first.path("id").asText();
            for (TidemarkServer site : List.of(sites.west, sites.east)) {
                JsonNode gone = sites.ask(site, "GET", path, "", 410);
                assertEquals("TDM-1502", gone.path("code").asText());
                assertTrue(gone.path("detail").asText().contains("no longer in the journal"), gone::toString);
            }
            long before = newest(aged);
            sites.until(sites.east, "/vpgs/erp", vpg -> newest(vpg) > before);
        }
    }

    @Test
    void stopTakesNothingUntilThereIsRoomAndGoesOnByItself(@TempDir Path folder) throws Exception {
        try (SitePair sites = new SitePair(folder, BUSY)) {
            sites.database.append(1, 1, SitePair.soon());
            sites.patch(sites.east, "{\"journalLimitBytes\":" + LIMIT + ",\"whenFull\":\"STOP\"}");
            JsonNode full = sites.until(sites.east, "/vpgs/erp", intake("STOPPED"));
            assertTrue(full.path("journal").path("usedBytes").asLong() < LIMIT + (8 << 20), full::toString);
            for (TidemarkServer site : List.of(sites.west, sites.east)) {
                JsonNode alerts =
                        sites.until(site, "/alerts", now -> now.toString().contains("TDM-A12"));
                assertTrue(alerts.toString().contains("tidemark vpg update erp --journal-limit"), alerts::toString);
            }
            JsonNode degraded = sites.until(
                    sites.west,
                    "/vpgs/erp",
                    vpg -> vpg.path("state").asText().equals("DEGRADED")
                            && vpg.path("detail").asText().contains("reached the limit"));
            sites.until(sites.west, "/alerts", now -> now.toString().contains("TDM-A02"));
            // More than the lane has memory for: only the bitmap knows it then.
            for (int i = 0; i < 9; i++) {
                sites.database.scramble(0, SitePair.soon());
            }
            sites.database.append(1, 2, SitePair.soon());

            sites.patch(sites.east, "{\"journalLimitBytes\":" + 8 * LIMIT + "}");
            sites.until(sites.east, "/vpgs/erp", intake("OPEN"));
            sites.until(
                    sites.west,
                    "/vpgs/erp",
                    vpg -> vpg.path("state").asText().equals("PROTECTED") && newest(vpg) > newest(degraded));
            JsonNode events = sites.ask(sites.west, "GET", "/events?vpg=erp&limit=100", "", 200);
            assertTrue(events.toString().contains("is BITMAP_SYNC"), events::toString);
            for (TidemarkServer site : List.of(sites.west, sites.east)) {
                sites.until(site, "/alerts", now -> !now.toString().contains("TDM-A12"));
            }
            assertEquals(new SampleVm.LedgerReport(2, true), ledgerAtEast(sites));
        }
    }

    @Test
    void slowHoldsTheSenderBackAndNotTheGuest(@TempDir Path folder) throws Exception {
        try (SitePair sites = new SitePair(folder, BUSY)) {
            sites.patch(sites.west, "{\"journalLimitBytes\":" + LIMIT + ",\"whenFull\":\"SLOW\"}");
            sites.until(sites.east, "/vpgs/erp", intake("SLOWED"));
            // More is written than is taken: it waits at the protected site.
            JsonNode behind = sites.until(
                    sites.west,
                    "/vpgs/erp",
                    vpg -> vpg.path("members").path(0).path("lagBytes").asLong() > 16 << 20);
            long since = System.nanoTime();
            for (int entry = 1; entry <= 20; entry++) {
                sites.database.append(1, entry, SitePair.soon());
            }
            long millis = Duration.ofNanos(System.nanoTime() - since).toMillis();
            assertTrue(millis < 10_000, "20 entries of the guest took " + millis + " ms: " + behind);
            for (TidemarkServer site : List.of(sites.west, sites.east)) {
                sites.until(site, "/alerts", now -> now.toString().contains("TDM-A13"));
            }
            JsonNode slowed = sites.ask(sites.east, "GET", "/vpgs/erp", "", 200);
            assertTrue(slowed.path("journal").path("usedBytes").asLong() < LIMIT + (8 << 20), slowed::toString);

            sites.patch(sites.west, "{\"journalLimitBytes\":" + 16 * LIMIT + "}");
            sites.until(sites.east, "/vpgs/erp", intake("OPEN"));
            sites.until(
                    sites.west,
                    "/vpgs/erp",
                    vpg -> vpg.path("state").asText().equals("PROTECTED") && newest(vpg) > newest(slowed));
            for (TidemarkServer site : List.of(sites.west, sites.east)) {
                sites.until(site, "/alerts", now -> !now.toString().contains("TDM-A13"));
            }
            assertEquals(new SampleVm.LedgerReport(20, true), ledgerAtEast(sites));
        }
    }

    /** The ledger of the second disk in a failover test of a checkpoint of now. */
    private static SampleVm.LedgerReport ledgerAtEast(SitePair sites) throws Exception {
        JsonNode tagged = sites.ask(sites.west, "POST", "/vpgs/erp/checkpoints", "{\"tag\":\"after\"}", 201);
        JsonNode recovery = sites.ask(
                sites.east,
                "POST",
                "/vpgs/erp/recoveries",
                "{\"type\":\"TEST\",\"checkpoint\":{\"id\":" + tagged.path("id").asLong() + "}}",
                202);
        sites.done(sites.east, recovery.path("task").asText());
        JsonNode testing = sites.ask(
                sites.east, "GET", "/recoveries/" + recovery.path("id").asText(), "", 200);
        VmId vm = new VmId(testing.path("vms").path(0).path("id").asText());
        try (SampleVm console = sites.east
                .hypervisors()
                .find("lab")
                .orElseThrow()
                .sampleVms()
                .orElseThrow()
                .connect(vm, SitePair.soon())) {
            return console.report(1, SitePair.soon());
        }
    }

    @Test
    void aScrubFindsWhatIsDamagedAndItCannotBeChosen(@TempDir Path folder) throws Exception {
        try (SitePair sites = new SitePair(folder, QUIET)) {
            long first = newest(sites.ask(sites.east, "GET", "/vpgs/erp", "", 200));
            sites.until(sites.east, "/vpgs/erp", vpg -> newest(vpg) >= first + 8);
            JsonNode sound = scrub(sites);
            assertTrue(sound.toString().contains("nothing is damaged"), sound::toString);
            Path segment = damageASegment(sites.eastFolder);

            JsonNode task = scrub(sites);
            assertTrue(task.toString().contains(segment.toString()), task::toString);
            assertTrue(task.toString().contains("checkpoints cannot be chosen"), task::toString);
            JsonNode page = sites.ask(sites.west, "GET", "/vpgs/erp/checkpoints?limit=1000", "", 200);
            JsonNode damaged = Stream.iterate(0, i -> i + 1)
                    .limit(page.path("items").size())
                    .map(i -> page.path("items").path(i))
                    .filter(each -> !each.path("selectable").asBoolean())
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("none is damaged: " + page));
            assertTrue(damaged.path("damage").asText().contains("found what it needs damaged"), damaged::toString);
            JsonNode refused = sites.ask(
                    sites.east,
                    "POST",
                    "/vpgs/erp/recoveries",
                    "{\"type\":\"TEST\",\"checkpoint\":{\"id\":"
                            + damaged.path("id").asLong() + "}}",
                    422);
            assertEquals("TDM-1507", refused.path("code").asText());
            for (TidemarkServer site : List.of(sites.west, sites.east)) {
                sites.until(site, "/alerts", now -> now.toString().contains("TDM-A14"));
            }
            // Protection goes on.
            long before = newest(sites.ask(sites.east, "GET", "/vpgs/erp", "", 200));
            sites.until(sites.east, "/vpgs/erp", vpg -> newest(vpg) > before + 1);
        }
    }

    private static JsonNode scrub(SitePair sites) throws Exception {
        JsonNode task = sites.ask(sites.west, "POST", "/vpgs/erp/journal/scrub", "", 202);
        return sites.done(sites.west, task.path("id").asText());
    }

    /** Changes bytes in the middle of every tenth of the newest segment that is full. */
    private static Path damageASegment(Path site) throws Exception {
        List<Path> segments;
        try (Stream<Path> files = Files.walk(site)) {
            segments = files.filter(file -> String.valueOf(file.getFileName()).startsWith("segment-"))
                    .sorted(Comparator.reverseOrder())
                    .toList();
        }
        assertTrue(segments.size() > 2, segments::toString);
        Path segment = segments.get(1);
        try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            for (int tenth = 1; tenth < 9; tenth++) {
                file.write(ByteBuffer.wrap(new byte[64]), file.size() / 10 * tenth);
            }
        }
        return segment;
    }

    @Test
    void thinnedOutCheckpointsAreGoneAndTheOthersCanBeChosen(@TempDir Path folder) throws Exception {
        try (SitePair sites = new SitePair(folder, QUIET)) {
            JsonNode vpg = sites.until(sites.east, "/vpgs/erp", each -> newest(each) >= 5);
            JsonNode tagged = sites.ask(sites.west, "POST", "/vpgs/erp/checkpoints", "{\"tag\":\"kept\"}", 201);
            long last = newest(sites.until(
                    sites.east,
                    "/vpgs/erp",
                    each -> newest(each) > tagged.path("id").asLong() + 1));
            List<JsonNode> before = sites.checkpoints(sites.east);
            JournalPolicy policy = new JournalPolicy(
                    Duration.ofHours(24),
                    new JournalPolicy.Limits(
                            Optional.empty(),
                            JournalPolicy.WhenFull.SHORTEN,
                            List.of(new JournalPolicy.Tier(Duration.ofMinutes(1), Duration.ofHours(1)))));
            // As if an hour had passed since.
            sites.east
                    .journals()
                    .age(
                            VpgId.parse(vpg.path("id").asText()),
                            policy,
                            Instant.parse(before.getFirst().path("time").asText())
                                    .plus(Duration.ofHours(1)));
            List<Long> after = sites.checkpoints(sites.east).stream()
                    .map(each -> each.path("id").asLong())
                    .toList();
            assertTrue(after.contains(tagged.path("id").asLong()), after::toString);
            List<Long> gone = before.stream()
                    .map(each -> each.path("id").asLong())
                    .filter(id -> id < last && !after.contains(id))
                    .toList();
            assertTrue(gone.size() >= 3, () -> before + " -> " + after);
            sites.ask(
                    sites.east,
                    "GET",
                    "/vpgs/erp/checkpoints/" + tagged.path("id").asText(),
                    "",
                    200);
        }
    }

    @Test
    void thePolicyIsShownChangedAndRefusedPrecisely(@TempDir Path folder) throws Exception {
        try (SitePair sites = new SitePair(folder, QUIET)) {
            JsonNode before = sites.ask(sites.west, "GET", "/vpgs/erp", "", 200).path("policy");
            assertTrue(before.path("journalLimitBytes").isNull(), before::toString);
            assertEquals("SHORTEN", before.path("whenFull").asText());
            String tiers = "[{\"olderThanSeconds\":3600,\"keepOneEverySeconds\":60},"
                    + "{\"olderThanSeconds\":86400,\"keepOneEverySeconds\":900}]";
            JsonNode after = sites.patch(
                    sites.east, "{\"journalLimitBytes\":53687091200,\"whenFull\":\"SLOW\",\"thinning\":" + tiers + "}");
            for (TidemarkServer site : List.of(sites.west, sites.east)) {
                JsonNode policy = sites.ask(site, "GET", "/vpgs/erp", "", 200).path("policy");
                assertEquals(after.path("policy"), policy);
                assertEquals(tiers, policy.path("thinning").toString());
                assertEquals(53_687_091_200L, policy.path("journalLimitBytes").asLong());
                assertEquals(1, policy.path("checkpointIntervalSeconds").asInt(), "what is not named stays");
            }
            assertEquals(
                    "OPEN",
                    sites.until(sites.west, "/vpgs/erp", intake("OPEN"))
                            .path("journal")
                            .path("intake")
                            .asText());
            JsonNode wrong = sites.ask(
                    sites.west,
                    "PATCH",
                    "/vpgs/erp",
                    "{\"policy\":{\"thinning\":[{\"olderThanSeconds\":3600,\"keepOneEverySeconds\":60},"
                            + "{\"olderThanSeconds\":7200,\"keepOneEverySeconds\":30}]}}",
                    400);
            assertTrue(wrong.toString().contains("the older, the fewer"), wrong::toString);
            JsonNode odd = sites.ask(
                    sites.west,
                    "PATCH",
                    "/vpgs/erp",
                    "{\"policy\":{\"thinning\":[{\"olderThanSeconds\":3600,\"keepOneEverySeconds\":60},"
                            + "{\"olderThanSeconds\":7200,\"keepOneEverySeconds\":90}]}}",
                    400);
            assertTrue(odd.toString().contains("must be a multiple"), odd::toString);
            for (String body : List.of(
                    "{\"policy\":{}}",
                    "{\"policy\":{\"whenFull\":\"EXPLODE\"}}",
                    "{\"policy\":{\"journalLimitBytes\":5}}",
                    "{\"name\":\"other\"}")) {
                sites.ask(sites.west, "PATCH", "/vpgs/erp", body, 400);
            }
            sites.ask(sites.west, "PATCH", "/vpgs/none", "{\"policy\":{\"targetRpoSeconds\":9}}", 404);
            assertTrue(sites.patch(sites.west, "{\"journalLimitBytes\":null}")
                    .path("policy")
                    .path("journalLimitBytes")
                    .isNull());
        }
    }
}
