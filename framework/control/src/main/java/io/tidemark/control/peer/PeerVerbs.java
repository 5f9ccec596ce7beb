package io.tidemark.control.peer;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.json.Json;
import io.tidemark.control.site.PeerDirectory;
import io.tidemark.spi.id.SiteId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers the requests of peers: each verb has one handler. Safe for use by several threads. */
public final class PeerVerbs {
    private static final Logger LOG = LoggerFactory.getLogger(PeerVerbs.class);

    private final Json json;
    private final PeerDirectory directory;
    private final Map<String, Registered<?>> handlers = new ConcurrentHashMap<>();

    public PeerVerbs(Json json, PeerDirectory directory) {
        this.json = json;
        this.directory = directory;
    }

    /** Registers the handler of a verb. */
    public <Q> void on(String verb, Class<Q> request, Handler<Q> handler) {
        if (handlers.putIfAbsent(verb, new Registered<>(request, handler)) != null) {
            throw new IllegalArgumentException("verb " + verb + " has a handler");
        }
    }

    /** The answer to one request; refusals are answers too. */
    public String answer(SiteId from, String verb, String body) {
        try {
            if (directory.find(from).isEmpty()) {
                throw ErrorCode.PEER_NOT_FOUND.because(
                        "The request " + verb + " was refused",
                        "site " + from + " is not paired",
                        "Pair the two sites.");
            }
            directory.seen(from);
            Registered<?> registered = handlers.get(verb);
            if (registered == null) {
                throw ErrorCode.PEER_REFUSED.because(
                        "The request " + verb + " was refused",
                        "this site does not know it",
                        "Upgrade the older of the two sites.");
            }
            String result = json.write(registered.answer(json, from, body));
            return json.write(new PeerMessage(Optional.of(result), Optional.empty()));
        } catch (ControlException e) {
            return json.write(PeerMessage.of(e));
        } catch (RuntimeException e) {
            LOG.atError()
                    .setCause(e)
                    .addKeyValue("verb", verb)
                    .addKeyValue("from", from)
                    .log("A peer's request failed");
            return json.write(PeerMessage.of(ErrorCode.DEFECT.because(
                    "The request " + verb + " failed", "of a defect: " + e, "Look into the log of that site.")));
        }
    }

    /** Answers one verb. */
    @FunctionalInterface
    public interface Handler<Q> {
        Object answer(SiteId from, Q request);
    }

    /** The empty answer. */
    public record Done() {}

    private record Registered<Q>(Class<Q> request, Handler<Q> handler) {
        Object answer(Json json, SiteId from, String body) {
            return handler.answer(from, json.read(body, request));
        }
    }
}
