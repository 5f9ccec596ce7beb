package io.tidemark.control.site;

import io.tidemark.control.ControlException;
import io.tidemark.control.ControlSettings;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.FieldError;
import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.catalog.Micros;
import io.tidemark.control.event.AlertBook;
import io.tidemark.control.event.AlertCode;
import io.tidemark.control.event.EventLog;
import io.tidemark.control.event.Severity;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.transport.PeerFingerprint;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Owns pairing: secrets, who is trusted, and when a pairing may end. */
public final class SiteService implements Sites {
    private static final int SECRET_BYTES = 32;

    private final ControlSettings settings;
    private final Catalog catalog;
    private final PeerDirectory directory;
    private final EventLog events;
    private final AlertBook alerts;
    private final Clock clock;
    private final Predicate<SiteId> inUse;
    private final SecureRandom random = new SecureRandom();

    /**
     * @param inUse whether a VPG needs the peer
     */
    public SiteService(
            ControlSettings settings,
            Catalog catalog,
            PeerDirectory directory,
            EventLog events,
            AlertBook alerts,
            Clock clock,
            Predicate<SiteId> inUse) {
        this.settings = settings;
        this.catalog = catalog;
        this.directory = directory;
        this.events = events;
        this.alerts = alerts;
        this.clock = clock;
        this.inUse = inUse;
    }

    @Override
    public SiteView self() {
        return new SiteView(settings.site(), settings.siteName());
    }

    @Override
    public List<PeerView> peers() {
        return directory.all();
    }

    @Override
    public Optional<PeerView> findPeer(String idOrName) {
        return directory.find(idOrName);
    }

    @Override
    public PairingSecret createPairingToken() {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        Instant now = clock.instant();
        Instant expires = now.plus(settings.pairingLifetime());
        catalog.useTransaction(handle -> {
            handle.execute("DELETE FROM pairing_secret WHERE expires_micros < ?", Micros.of(now));
            handle.execute(
                    "INSERT INTO pairing_secret (sha256_hex, expires_micros) VALUES (?, ?)",
                    sha256Hex(secret),
                    Micros.of(expires));
        });
        publish("A pairing token was made; it is good until " + expires);
        return new PairingSecret(secret, expires);
    }

    @Override
    public PeerView redeemPairing(String secret, PeerIdentity peer) {
        check(peer);
        long now = Micros.of(clock.instant());
        // One transaction: a peer that cannot be added (a name that is taken) does not use the secret up.
        PeerView view = catalog.inTransaction(handle -> {
            int redeemed = handle.execute(
                    "UPDATE pairing_secret SET redeemed_micros = ?"
                            + " WHERE sha256_hex = ? AND redeemed_micros IS NULL AND expires_micros > ?",
                    now,
                    sha256Hex(secret),
                    now);
            if (redeemed == 0) {
                throw ErrorCode.PAIRING_SECRET_REFUSED.because(
                        "Site '" + peer.name() + "' was not paired",
                        "its pairing token is unknown, expired or used",
                        "Make a new token at site '" + settings.siteName() + "' and pair with that.");
            }
            return directory.put(peer);
        });
        publish("Paired with site '" + peer.name() + "' at " + peer.endpoint());
        return view;
    }

    @Override
    public PeerView addPeer(PeerIdentity peer) {
        check(peer);
        PeerView view = directory.put(peer);
        publish("Paired with site '" + peer.name() + "' at " + peer.endpoint());
        return view;
    }

    @Override
    public boolean trusts(PeerFingerprint fingerprint) {
        return directory.findByFingerprint(fingerprint).isPresent();
    }

    @Override
    public void removePeer(SiteId peer) {
        PeerView view = directory
                .find(peer)
                .orElseThrow(() -> ErrorCode.PEER_NOT_FOUND.because(
                        "The pairing was not ended", "site " + peer + " is not paired", "List the peers."));
        if (inUse.test(peer)) {
            throw ErrorCode.PEER_IN_USE.because(
                    "The pairing with '" + view.name() + "' was not ended",
                    "a VPG is protected between the two sites",
                    "Delete its VPGs first.");
        }
        directory.remove(peer);
        alerts.close(AlertCode.PEER_UNREACHABLE, peer.toString());
        publish("The pairing with site '" + view.name() + "' was ended");
    }

    private void check(PeerIdentity peer) {
        if (peer.id().equals(settings.site())) {
            throw new ControlException(
                    ErrorCode.REQUEST_INVALID,
                    "Site '" + peer.name() + "' was not paired",
                    "a site cannot be paired with itself",
                    "Use the token at the other site.",
                    List.of(new FieldError("/id", "is this site")),
                    null);
        }
        if (peer.name().isBlank() || peer.name().length() > 64) {
            throw new ControlException(
                    ErrorCode.REQUEST_INVALID,
                    "The site was not paired",
                    "its name is not valid",
                    "Give it a name of 1 to 64 characters.",
                    List.of(new FieldError("/name", "must have 1 to 64 characters")),
                    null);
        }
    }

    private void publish(String text) {
        events.publish(Severity.INFO, "site", Optional.empty(), Optional.empty(), "", text);
    }

    private static String sha256Hex(String secret) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
