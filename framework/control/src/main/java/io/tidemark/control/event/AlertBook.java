package io.tidemark.control.event;

import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.catalog.Micros;
import io.tidemark.spi.id.VpgId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Owns the open alerts of a site. An alert is opened and closed by the same key, each once however often it is asked for; both are
 * events. Open alerts survive a restart, so that a restart is not told as news. Safe for use by several threads.
 */
public final class AlertBook {
    private final Catalog catalog;
    private final EventLog events;
    private final Clock clock;
    /** Changed only while the catalog is locked. */
    private final Map<String, AlertView> open = new ConcurrentHashMap<>();

    public AlertBook(Catalog catalog, EventLog events, Clock clock) {
        this.catalog = catalog;
        this.events = events;
        this.clock = clock;
        catalog.inTransaction(handle -> handle.createQuery("SELECT * FROM alert")
                        .map(AlertBook::fromRow)
                        .list())
                .forEach(alert -> open.put(alert.key(), alert));
    }

    /** Opens an alert, or does nothing when it is open. */
    public void open(AlertCode code, String about, Optional<VpgId> vpg, String text) {
        String key = key(code, about);
        if (open.containsKey(key)) {
            return;
        }
        AlertView alert = new AlertView(key, code.code(), code.severity(), vpg, clock.instant(), text);
        catalog.useTransaction(handle -> {
            if (open.putIfAbsent(key, alert) != null) {
                return;
            }
            handle.createUpdate("""
                            INSERT INTO alert (key, code, severity, vpg_id, opened_micros, text)
                            VALUES (:key, :code, :severity, :vpg, :opened, :text)""")
                    .bind("key", key)
                    .bind("code", code.code())
                    .bind("severity", code.severity().name())
                    .bind("vpg", vpg.map(VpgId::toString).orElse(null))
                    .bind("opened", Micros.of(alert.openedAt()))
                    .bind("text", text)
                    .execute();
            events.publish(code.severity(), "alert", vpg, Optional.empty(), key, text);
        });
    }

    /** Whether the alert is open. */
    public boolean isOpen(AlertCode code, String about) {
        return open.containsKey(key(code, about));
    }

    /** Closes an alert, or does nothing when it is not open. */
    public void close(AlertCode code, String about) {
        AlertView alert = open.get(key(code, about));
        if (alert != null) {
            close(alert);
        }
    }

    /** Closes all alerts of a VPG, because it is no more. */
    public void closeAll(VpgId vpg) {
        open.values().stream()
                .filter(alert -> Objects.equals(alert.vpg(), Optional.of(vpg)))
                .toList()
                .forEach(this::close);
    }

    List<AlertView> all() {
        return open.values().stream()
                .sorted(Comparator.comparing(AlertView::severity).reversed().thenComparing(AlertView::openedAt))
                .toList();
    }

    private void close(AlertView alert) {
        catalog.useTransaction(handle -> {
            if (!open.remove(alert.key(), alert)) {
                return;
            }
            handle.execute("DELETE FROM alert WHERE key = ?", alert.key());
            events.publish(
                    Severity.INFO,
                    "alert",
                    alert.vpg(),
                    Optional.empty(),
                    alert.key(),
                    "No longer so: " + alert.text());
        });
    }

    private static String key(AlertCode code, String about) {
        return code.code() + "/" + about;
    }

    private static AlertView fromRow(ResultSet row, StatementContext context) throws SQLException {
        return new AlertView(
                row.getString("key"),
                row.getString("code"),
                Severity.valueOf(row.getString("severity")),
                Optional.ofNullable(row.getString("vpg_id")).map(VpgId::parse),
                Micros.toInstant(row.getLong("opened_micros")),
                row.getString("text"));
    }
}
