package io.tidemark.control.event;

import io.tidemark.control.Page;
import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.catalog.Cursor;
import io.tidemark.control.catalog.Micros;
import io.tidemark.control.time.Mailbox;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jdbi.v3.core.statement.StatementContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Owns the append-only events of a site and tells its listeners. Safe for use by several threads. */
public final class EventLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);

    private final Catalog catalog;
    private final Clock clock;
    private final Mailbox mailbox = new Mailbox("control-events");
    private final CopyOnWriteArrayList<EventListener> listeners = new CopyOnWriteArrayList<>();

    public EventLog(Catalog catalog, Clock clock) {
        this.catalog = catalog;
        this.clock = clock;
    }

    /** Appends an event; listeners hear of it after it is durable. */
    public EventView publish(
            Severity severity, String topic, Optional<VpgId> vpg, Optional<VmId> vm, String subject, String text) {
        Instant time = clock.instant();
        EventView event = catalog.inTransaction(handle -> {
            long id = handle.createUpdate("""
                            INSERT INTO event (time_micros, severity, topic, vpg_id, vm_id, subject, text)
                            VALUES (:time, :severity, :topic, :vpg, :vm, :subject, :text)""")
                    .bind("time", Micros.of(time))
                    .bind("severity", severity.name())
                    .bind("topic", topic)
                    .bind("vpg", vpg.map(VpgId::toString).orElse(null))
                    .bind("vm", vm.map(VmId::toString).orElse(null))
                    .bind("subject", subject)
                    .bind("text", text)
                    .executeAndReturnGeneratedKeys("id")
                    .mapTo(Long.class)
                    .one();
            EventView made = new EventView(id, time, severity, topic, vpg, vm, subject, text);
            // Posted while the catalog is locked, so that listeners hear events in the order of their ids.
            mailbox.post(() -> listeners.forEach(listener -> tell(listener, made)));
            return made;
        });
        LOG.atInfo()
                .addKeyValue("topic", topic)
                .addKeyValue("severity", severity)
                .addKeyValue("vpg", vpg.map(VpgId::toString).orElse("-"))
                .log(text);
        return event;
    }

    /** An event about a VPG. */
    public EventView vpg(Severity severity, VpgId vpg, String text) {
        return publish(severity, "vpg", Optional.of(vpg), Optional.empty(), "", text);
    }

    Page<EventView> list(Optional<VpgId> vpg, Optional<String> cursor, int limit) {
        Cursor.checkLimit(limit);
        long before = Cursor.decode(cursor);
        String filter = vpg.isPresent() ? " AND vpg_id = :vpg" : "";
        List<EventView> found = catalog.inTransaction(handle -> {
            var query = handle.createQuery(
                            "SELECT * FROM event WHERE id < :before" + filter + " ORDER BY id DESC LIMIT :limit")
                    .bind("before", before)
                    .bind("limit", limit + 1);
            vpg.ifPresent(id -> query.bind("vpg", id.toString()));
            return query.map(EventLog::fromRow).list();
        });
        return Cursor.page(found, limit, EventView::id);
    }

    List<EventView> after(long id, int limit) {
        Cursor.checkLimit(limit);
        return catalog.inTransaction(
                handle -> handle.createQuery("SELECT * FROM event WHERE id > :id ORDER BY id LIMIT :limit")
                        .bind("id", id)
                        .bind("limit", limit)
                        .map(EventLog::fromRow)
                        .list());
    }

    Events.Subscription subscribe(EventListener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public void close() {
        mailbox.close();
    }

    private static void tell(EventListener listener, EventView event) {
        try {
            listener.onEvent(event);
        } catch (RuntimeException e) {
            LOG.atWarn().setCause(e).addKeyValue("event", event.id()).log("A listener failed on an event; it goes on");
        }
    }

    private static EventView fromRow(ResultSet row, StatementContext context) throws SQLException {
        return new EventView(
                row.getLong("id"),
                Micros.toInstant(row.getLong("time_micros")),
                Severity.valueOf(row.getString("severity")),
                row.getString("topic"),
                Optional.ofNullable(row.getString("vpg_id")).map(VpgId::parse),
                Optional.ofNullable(row.getString("vm_id")).map(VmId::new),
                row.getString("subject"),
                row.getString("text"));
    }
}
