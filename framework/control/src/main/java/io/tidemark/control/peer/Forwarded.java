package io.tidemark.control.peer;

import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.catalog.Micros;
import io.tidemark.spi.id.SiteId;
import java.time.Clock;
import java.util.Optional;

/** Remembers which site was asked to do what, so that later questions about it find the way. Safe for use by several threads. */
public final class Forwarded {
    private final Catalog catalog;
    private final Clock clock;

    public Forwarded(Catalog catalog, Clock clock) {
        this.catalog = catalog;
        this.clock = clock;
    }

    /**
     * Notes where something runs.
     *
     * @param id of a recovery or a task
     */
    public void remember(String id, SiteId peer) {
        catalog.useTransaction(handle -> handle.execute(
                "INSERT OR IGNORE INTO forwarded (id, peer_id, created_micros) VALUES (?, ?, ?)",
                id,
                peer.toString(),
                Micros.of(clock.instant())));
    }

    public Optional<SiteId> find(String id) {
        return catalog.inTransaction(handle -> handle.createQuery("SELECT peer_id FROM forwarded WHERE id = :id")
                .bind("id", id)
                .mapTo(String.class)
                .findOne()
                .map(SiteId::parse));
    }
}
