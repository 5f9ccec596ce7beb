package io.tidemark.server.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.control.dataplane.PeerLink.PeerRequests;
import io.tidemark.control.site.PairingSecret;
import io.tidemark.control.site.PeerIdentity;
import io.tidemark.server.identity.IdentityStore;
import io.tidemark.server.identity.LocalSite;
import io.tidemark.server.wiring.JournalStreams;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.PeerFingerprint;
import io.tidemark.spi.transport.StreamSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerMeshTest {
    private static final Duration LIFETIME = Duration.ofMinutes(15);
    private static final PeerRequests ECHO = (from, verb, json) -> verb + ":" + json;
    private static final PeerMesh.JournalReception NO_JOURNALS = (stream, peer, channel) -> {
        throw new ProviderException(FailureKind.REJECTED, "no journal", "this is a test", "Nothing.");
    };

    private final Path folder;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final LoopbackTransport network = new LoopbackTransport();
    private final SettableClock clock = new SettableClock(Instant.parse("2026-11-18T07:00:00Z"));
    private final List<PeerMesh> open = new ArrayList<>();
    private final CompletableFuture<Void> never = new CompletableFuture<>();
    private final Site west;
    private final Site east;

    private record Site(LocalSite self, MemoryTrust peers, PeerMesh mesh) {}

    PeerMeshTest(@TempDir Path folder) throws IOException {
        this.folder = folder;
        west = site(folder.resolve("west"), "west");
        east = site(folder.resolve("east"), "east");
    }

    @BeforeEach
    void listen() throws ProviderException {
        listen(west, ECHO);
        listen(east, ECHO);
    }

    @AfterEach
    void close() {
        never.complete(null);
        open.forEach(PeerMesh::close);
        executor.close();
    }

    private Site site(Path where, String name) throws IOException {
        LocalSite self = new IdentityStore(where, Clock.systemUTC()).openOrCreate(name);
        MemoryTrust peers = new MemoryTrust(clock);
        PeerMesh mesh = new PeerMesh(self, network, peers, executor, clock);
        open.add(mesh);
        return new Site(self, peers, mesh);
    }

    private static void listen(Site site, PeerRequests requests) throws ProviderException {
        site.mesh().listen(new Endpoint("127.0.0.1", 0), Optional.empty(), site.peers(), requests, NO_JOURNALS, soon());
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(10));
    }

    private static PeerIdentity identity(Site site) {
        return new PeerIdentity(
                site.self().id(),
                site.self().name(),
                site.self().identity().fingerprint(),
                site.mesh().endpoint());
    }

    private void pair() throws ProviderException {
        east.mesh().join(west.mesh().invite().token(), soon());
    }

    @Test
    void pairingMakesEachSiteKnowTheOther() throws ProviderException {
        pair();
        assertEquals(List.of(identity(west)), east.peers().all());
        assertEquals(List.of(identity(east)), west.peers().all());
    }

    @Test
    void tokenWorksOnce() throws ProviderException, IOException {
        String token = west.mesh().invite().token();
        east.mesh().join(token, soon());
        Site third = site(folder.resolve("third"), "third");
        listen(third, ECHO);
        ProviderException refusal =
                assertThrows(ProviderException.class, () -> third.mesh().join(token, soon()));
        assertEquals(FailureKind.REJECTED, refusal.kind());
        assertEquals(List.of(), third.peers().all());
    }

    @Test
    void expiredTokenIsRefusedByBothEnds() throws ProviderException {
        String token = west.mesh().invite().token();
        clock.advance(LIFETIME);
        ProviderException byJoiner =
                assertThrows(ProviderException.class, () -> east.mesh().join(token, soon()));
        assertTrue(byJoiner.why().contains("expired"), byJoiner.getMessage());

        // A joiner whose clock is behind still asks, and is refused by the site that made the token.
        PeerMesh late = new PeerMesh(
                east.self(), network, east.peers(), executor, new SettableClock(Instant.parse("2026-11-18T07:00:00Z")));
        late.listen(new Endpoint("127.0.0.1", 0), Optional.empty(), east.peers(), ECHO, NO_JOURNALS, soon());
        open.add(late);
        ProviderException byIssuer = assertThrows(ProviderException.class, () -> late.join(token, soon()));
        assertEquals(FailureKind.REJECTED, byIssuer.kind());
        assertEquals(List.of(), west.peers().all());
    }

    @Test
    void wrongSecretIsRefused() throws ProviderException {
        PairingToken good = PairingToken.decode(west.mesh().invite().token());
        String forged = new PairingToken(
                        good.endpoint(), good.fingerprint(), "0".repeat(64), good.siteName(), good.expires())
                .encode();
        ProviderException refusal =
                assertThrows(ProviderException.class, () -> east.mesh().join(forged, soon()));
        assertEquals(FailureKind.REJECTED, refusal.kind());
        assertEquals(List.of(), west.peers().all());
        assertEquals(List.of(), east.peers().all());
    }

    @Test
    void damagedAndOwnTokensAreRefused() throws ProviderException {
        String token = west.mesh().invite().token();
        for (String damaged : List.of("", "x", token.substring(5), token.substring(0, 40), "e30")) {
            ProviderException refusal =
                    assertThrows(ProviderException.class, () -> east.mesh().join(damaged, soon()), damaged);
            assertEquals(FailureKind.REJECTED, refusal.kind());
        }
        ProviderException own =
                assertThrows(ProviderException.class, () -> west.mesh().join(token, soon()));
        assertEquals(FailureKind.CONFLICT, own.kind());
    }

    @Test
    void siteOfTheSameNameIsRefused() throws IOException, ProviderException {
        Site twin = site(folder.resolve("twin"), "west");
        listen(twin, ECHO);
        ProviderException refusal = assertThrows(ProviderException.class, () -> twin.mesh()
                .join(west.mesh().invite().token(), soon()));
        assertEquals(FailureKind.CONFLICT, refusal.kind());
        assertEquals(List.of(), west.peers().all());
        assertEquals(List.of(), twin.peers().all());
    }

    @Test
    void strangersOpenNothingButAPairing() {
        for (String purpose : List.of(PeerMesh.CONTROL, JournalStreams.PURPOSE, "other", PeerMesh.PAIR)) {
            ProviderException refusal = assertThrows(
                    ProviderException.class,
                    () -> network.connect(
                            west.mesh().endpoint(),
                            east.self().identity(),
                            west.self().identity().fingerprint(),
                            new StreamSpec(purpose, Map.of()),
                            new Silence(),
                            soon()));
            assertEquals(FailureKind.REJECTED, refusal.kind(), purpose);
        }
    }

    @Test
    void callsOfManyThreadsGetTheirOwnAnswers() throws Exception {
        pair();
        List<Future<String>> answers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String body = "{\"n\":" + i + "}";
            answers.add(executor.submit(() -> east.mesh().call(west.self().id(), "echo", body, soon())));
        }
        for (int i = 0; i < answers.size(); i++) {
            assertEquals("echo:{\"n\":" + i + "}", answers.get(i).get());
        }
    }

    @Test
    void refusalsTravelWithAllTheirTexts() throws Exception {
        Site site = site(folder.resolve("refusing"), "refusing");
        listen(site, (from, verb, json) -> {
            throw new ProviderException(FailureKind.CONFLICT, "It happened", "for a reason", "Do something.");
        });
        east.mesh().join(site.mesh().invite().token(), soon());
        ProviderException refusal = assertThrows(
                ProviderException.class, () -> east.mesh().call(site.self().id(), "v", "{}", soon()));
        assertEquals(FailureKind.CONFLICT, refusal.kind());
        assertEquals("It happened", refusal.happened());
        assertEquals("for a reason", refusal.why());
        assertEquals("Do something.", refusal.remedy());
    }

    @Test
    void unpairedSilentAndStoppedSitesAreUnreachableOrRefused() throws Exception {
        ProviderException unpaired =
                assertThrows(ProviderException.class, () -> east.mesh().call(SiteId.random(), "v", "{}", soon()));
        assertEquals(FailureKind.REJECTED, unpaired.kind());

        Site slow = site(folder.resolve("slow"), "slow");
        listen(slow, (from, verb, json) -> {
            if (verb.equals("hang")) {
                never.join();
            }
            return "done";
        });
        east.mesh().join(slow.mesh().invite().token(), soon());
        ProviderException late = assertThrows(ProviderException.class, () -> east.mesh()
                .call(slow.self().id(), "hang", "{}", Deadline.after(Duration.ofMillis(50))));
        assertEquals(FailureKind.UNREACHABLE, late.kind());
        assertEquals("done", east.mesh().call(slow.self().id(), "quick", "{}", soon()), "the link heals by itself");

        slow.mesh().close();
        ProviderException gone = assertThrows(
                ProviderException.class, () -> east.mesh().call(slow.self().id(), "v", "{}", soon()));
        assertEquals(FailureKind.UNREACHABLE, gone.kind());
    }

    /** A clock that stands still until it is told. */
    private static final class SettableClock extends Clock {
        private volatile Instant now;

        SettableClock(Instant now) {
            this.now = now;
        }

        void advance(Duration by) {
            now = now.plus(by);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    /** Trust kept in memory; the secrets behave as those of the catalog. */
    private static final class MemoryTrust implements KnownPeers, Pairings {
        private final Clock clock;
        private final List<PeerIdentity> peers = new CopyOnWriteArrayList<>();
        private final Map<String, Instant> secrets = new ConcurrentHashMap<>();

        MemoryTrust(Clock clock) {
            this.clock = clock;
        }

        List<PeerIdentity> all() {
            return List.copyOf(peers);
        }

        @Override
        public Optional<PeerIdentity> find(SiteId site) {
            return peers.stream().filter(peer -> peer.id().equals(site)).findFirst();
        }

        @Override
        public Optional<PeerIdentity> find(PeerFingerprint fingerprint) {
            return peers.stream()
                    .filter(peer -> peer.fingerprint().equals(fingerprint))
                    .findFirst();
        }

        @Override
        public PairingSecret invite() {
            PairingSecret secret = new PairingSecret(
                    UUID.randomUUID().toString(), clock.instant().plus(LIFETIME));
            secrets.put(secret.secret(), secret.expiresAt());
            return secret;
        }

        @Override
        public void redeem(String secret, PeerIdentity peer) throws ProviderException {
            Instant expires = secrets.remove(secret);
            if (expires == null || !clock.instant().isBefore(expires)) {
                throw new ProviderException(
                        FailureKind.REJECTED, "The site refused to pair", "the token is not valid", "Make a new one.");
            }
            trust(peer);
        }

        @Override
        public void trust(PeerIdentity peer) {
            peers.removeIf(known -> known.id().equals(peer.id()));
            peers.add(peer);
        }
    }

    private static final class Silence implements ChannelHandler {
        @Override
        public void onFrame(long position, ByteBuffer frame) {}

        @Override
        public void onAcknowledged(long position) {}

        @Override
        public void onWritable() {}

        @Override
        public void onClosed(Optional<ProviderException> cause) {}
    }
}
