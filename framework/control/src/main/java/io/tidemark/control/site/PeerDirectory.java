package io.tidemark.control.site;

import io.tidemark.control.ErrorCode;
import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.catalog.Micros;
import io.tidemark.control.site.PeerView.Reachability;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.PeerFingerprint;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * The paired sites: who they are, where they listen, which certificate they show, and whether they answer.
 *
 * <p>Made before the control plane, because the link to the peers needs it and the control plane needs the link. Reads come from memory
 * and never block; safe for use by several threads.
 */
public final class PeerDirectory {
    private final Catalog catalog;
    private final Clock clock;
    private final Map<SiteId, PeerView> peers = new ConcurrentHashMap<>();

    public PeerDirectory(Catalog catalog, Clock clock) {
        this.catalog = catalog;
        this.clock = clock;
        catalog.inTransaction(handle -> handle.createQuery("SELECT * FROM peer")
                        .map(PeerDirectory::fromRow)
                        .list())
                .forEach(peer -> peers.put(peer.id(), peer));
    }

    /** In name order. */
    public List<PeerView> all() {
        return peers.values().stream()
                .sorted(Comparator.comparing(PeerView::name))
                .toList();
    }

    public Optional<PeerView> find(SiteId site) {
        return Optional.ofNullable(peers.get(site));
    }

    /** The peer that shows this certificate; empty when it is not trusted. */
    public Optional<PeerView> findByFingerprint(PeerFingerprint fingerprint) {
        return peers.values().stream()
                .filter(peer -> peer.fingerprint().equals(fingerprint))
                .findFirst();
    }

    /** By id, or by name without regard to case. */
    public Optional<PeerView> find(String idOrName) {
        return peers.values().stream()
                .filter(peer -> peer.id().toString().equalsIgnoreCase(idOrName)
                        || peer.name().equalsIgnoreCase(idOrName))
                .findFirst();
    }

    /** Name of a peer, or its id when it is no longer paired. */
    public String nameOf(SiteId site) {
        return find(site).map(PeerView::name).orElse(site.toString());
    }

    /** Adds a peer, or updates name, certificate and endpoint of one that is known. */
    PeerView put(PeerIdentity identity) {
        // The catalog's lock orders all changes; a lock of our own besides it could be taken in the other order.
        return catalog.inTransaction(handle -> putLocked(identity));
    }

    private PeerView putLocked(PeerIdentity identity) {
        for (PeerView other : peers.values()) {
            boolean same = other.id().equals(identity.id());
            if (!same && other.name().equalsIgnoreCase(identity.name())) {
                throw ErrorCode.PEER_EXISTS.because(
                        "Site '" + identity.name() + "' was not paired",
                        "another paired site has this name",
                        "Rename one of the two sites and pair again.");
            }
            if (!same && other.fingerprint().equals(identity.fingerprint())) {
                throw ErrorCode.PEER_EXISTS.because(
                        "Site '" + identity.name() + "' was not paired",
                        "the paired site '" + other.name() + "' has the same certificate",
                        "Give each site a data folder, and with it an identity, of its own.");
            }
        }
        PeerView known = peers.get(identity.id());
        PeerView peer = new PeerView(
                identity.id(),
                identity.name(),
                identity.endpoint(),
                identity.fingerprint(),
                known == null ? Reachability.UNKNOWN : known.reachability(),
                known == null ? Optional.empty() : known.lastSeen(),
                known == null ? clock.instant() : known.pairedAt());
        catalog.useTransaction(handle -> handle.createUpdate("""
                        INSERT INTO peer (site_id, name, endpoint, fingerprint, paired_micros)
                        VALUES (:id, :name, :endpoint, :fingerprint, :paired)
                        ON CONFLICT (site_id) DO UPDATE
                        SET name = excluded.name, endpoint = excluded.endpoint, fingerprint = excluded.fingerprint""")
                .bind("id", peer.id().toString())
                .bind("name", peer.name())
                .bind("endpoint", peer.endpoint().toString())
                .bind("fingerprint", peer.fingerprint().sha256Hex())
                .bind("paired", Micros.of(peer.pairedAt()))
                .execute());
        peers.put(peer.id(), peer);
        return peer;
    }

    void remove(SiteId site) {
        catalog.useTransaction(handle -> {
            handle.execute("DELETE FROM peer WHERE site_id = ?", site.toString());
            peers.remove(site);
        });
    }

    /** Notes that a peer answered or asked. Kept in memory only. */
    public void seen(SiteId site) {
        note(site, Reachability.REACHABLE, Optional.of(clock.instant()));
    }

    /** Notes that a peer does not answer. */
    public void missed(SiteId site) {
        note(site, Reachability.UNREACHABLE, Optional.empty());
    }

    private void note(SiteId site, Reachability reachability, Optional<Instant> seen) {
        peers.computeIfPresent(
                site,
                (id, peer) -> new PeerView(
                        id,
                        peer.name(),
                        peer.endpoint(),
                        peer.fingerprint(),
                        reachability,
                        seen.or(peer::lastSeen),
                        peer.pairedAt()));
    }

    private static PeerView fromRow(ResultSet row, StatementContext context) throws SQLException {
        return new PeerView(
                SiteId.parse(row.getString("site_id")),
                row.getString("name"),
                Endpoint.parse(row.getString("endpoint")),
                new PeerFingerprint(row.getString("fingerprint")),
                Reachability.UNKNOWN,
                Optional.empty(),
                Micros.toInstant(row.getLong("paired_micros")));
    }
}
