package io.tidemark.control.event;

import io.tidemark.control.Page;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import java.util.List;
import java.util.Optional;

/** Answers questions about events and alerts. */
public final class EventService implements Events {
    private final EventLog log;
    private final AlertBook alertBook;

    public EventService(EventLog log, AlertBook alertBook) {
        this.log = log;
        this.alertBook = alertBook;
    }

    @Override
    public Page<EventView> list(Optional<VpgId> vpg, Optional<String> cursor, int limit) {
        return log.list(vpg, cursor, limit);
    }

    @Override
    public List<EventView> after(long id, int limit) {
        return log.after(id, limit);
    }

    @Override
    public Subscription subscribe(EventListener listener) {
        return log.subscribe(listener);
    }

    @Override
    public EventView publish(Severity severity, String topic, Optional<VpgId> vpg, Optional<VmId> vm, String text) {
        return log.publish(severity, topic, vpg, vm, "", text);
    }

    @Override
    public List<AlertView> alerts() {
        return alertBook.all();
    }
}
