package io.tidemark.control.event;

import io.tidemark.control.Page;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import java.util.List;
import java.util.Optional;

/** What happened, and what is wrong now. */
public interface Events {
    /**
     * Newest first.
     *
     * @param vpg only of this VPG
     * @param cursor {@code nextCursor} of the page before
     * @param limit 1 to 1,000
     */
    Page<EventView> list(Optional<VpgId> vpg, Optional<String> cursor, int limit);

    /** Oldest first, those with a larger id; at most {@code limit}. For a client that was away ({@code Last-Event-ID}). */
    List<EventView> after(long id, int limit);

    /** Hears every event from now on, until closed. */
    Subscription subscribe(EventListener listener);

    /** Records an event from outside of the control plane, for example from a plugin. */
    EventView publish(Severity severity, String topic, Optional<VpgId> vpg, Optional<VmId> vm, String text);

    /** Open alerts, worst and oldest first. */
    List<AlertView> alerts();

    /** A standing subscription. */
    interface Subscription extends AutoCloseable {
        /** No call is begun after return. Idempotent. */
        @Override
        void close();
    }
}
