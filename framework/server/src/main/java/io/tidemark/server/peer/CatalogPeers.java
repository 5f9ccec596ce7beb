package io.tidemark.server.peer;

import io.tidemark.control.ControlException;
import io.tidemark.control.site.PairingSecret;
import io.tidemark.control.site.PeerDirectory;
import io.tidemark.control.site.PeerIdentity;
import io.tidemark.control.site.PeerView;
import io.tidemark.control.site.Sites;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.transport.PeerFingerprint;
import java.util.Optional;
import java.util.function.Supplier;

/** The paired sites and the pairings of the control plane, in the terms of peers: refusals travel as the SPI's exception. */
public final class CatalogPeers {
    private CatalogPeers() {}

    public static KnownPeers known(PeerDirectory directory) {
        return new KnownPeers() {
            @Override
            public Optional<PeerIdentity> find(SiteId site) {
                return directory.find(site).map(CatalogPeers::identity);
            }

            @Override
            public Optional<PeerIdentity> find(PeerFingerprint fingerprint) {
                return directory.findByFingerprint(fingerprint).map(CatalogPeers::identity);
            }
        };
    }

    public static Pairings pairings(Sites sites) {
        return new Pairings() {
            @Override
            public PairingSecret invite() throws ProviderException {
                return translated(sites::createPairingToken);
            }

            @Override
            public void redeem(String secret, PeerIdentity peer) throws ProviderException {
                translated(() -> sites.redeemPairing(secret, peer));
            }

            @Override
            public void trust(PeerIdentity peer) throws ProviderException {
                translated(() -> sites.addPeer(peer));
            }
        };
    }

    private static PeerIdentity identity(PeerView peer) {
        return new PeerIdentity(peer.id(), peer.name(), peer.fingerprint(), peer.endpoint());
    }

    private static <T> T translated(Supplier<T> call) throws ProviderException {
        try {
            return call.get();
        } catch (ControlException e) {
            FailureKind kind =
                    switch (e.reason()) {
                        case CONFLICT -> FailureKind.CONFLICT;
                        case UNREACHABLE -> FailureKind.UNREACHABLE;
                        case INTERNAL -> FailureKind.BUG;
                        case NOT_FOUND, INVALID, GONE, REFUSED -> FailureKind.REJECTED;
                    };
            throw new ProviderException(kind, e.happened(), e.why(), e.remedy(), e);
        }
    }
}
