package io.tidemark.control.dataplane;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.plugin.Deadline;

/** Request and answer between the managers of two paired sites, authenticated by their certificates. */
public interface PeerLink {
    /**
     * Sends one request and waits for the answer.
     *
     * @param verb what is asked, for example {@code vpg.prepare}
     * @param json the request's body
     * @return the answer's body
     * @throws ProviderException {@code UNREACHABLE} when the peer does not answer, else the peer's own refusal
     */
    String call(SiteId peer, String verb, String json, Deadline deadline) throws ProviderException;

    /** Answers the requests of peers. Implemented by control; called on virtual threads. */
    interface PeerRequests {
        String answer(SiteId from, String verb, String json) throws ProviderException;
    }
}
