package io.tidemark.control.peer;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.dataplane.PeerLink;
import io.tidemark.control.json.Json;
import io.tidemark.control.site.PeerDirectory;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.plugin.Deadline;
import java.time.Duration;
import java.util.List;

/** Asks peers, and turns what goes wrong into errors for people. Safe for use by several threads. */
public final class PeerClient {
    private final PeerLink link;
    private final PeerDirectory directory;
    private final Json json;
    private final Duration timeout;

    /**
     * @param timeout of a short request
     */
    public PeerClient(PeerLink link, PeerDirectory directory, Json json, Duration timeout) {
        this.link = link;
        this.directory = directory;
        this.json = json;
        this.timeout = timeout;
    }

    /**
     * A short request.
     *
     * @throws ControlException {@code PEER_UNREACHABLE}, or the peer's refusal with the peer's code
     */
    public <T> T ask(SiteId peer, String verb, Object request, Class<T> answer) {
        return ask(peer, verb, request, answer, timeout);
    }

    /** A request with a time limit of its own. */
    public <T> T ask(SiteId peer, String verb, Object request, Class<T> answer, Duration atMost) {
        String text;
        try {
            text = link.call(peer, verb, json.write(request), Deadline.after(atMost));
        } catch (ProviderException e) {
            throw translate(peer, verb, e);
        }
        directory.seen(peer);
        PeerMessage message = json.read(text, PeerMessage.class);
        if (message.refusal().isPresent()) {
            throw message.refusal().get().toException();
        }
        return json.read(message.result().orElse("{}"), answer);
    }

    private ControlException translate(SiteId peer, String verb, ProviderException e) {
        boolean unreachable = e.kind() == FailureKind.UNREACHABLE || e.kind() == FailureKind.RETRY_LATER;
        return new ControlException(
                unreachable ? ErrorCode.PEER_UNREACHABLE : ErrorCode.PEER_REFUSED,
                "Site '" + directory.nameOf(peer) + "' could not be asked for " + verb,
                e.happened() + ", " + e.why(),
                e.remedy(),
                List.of(),
                e);
    }
}
