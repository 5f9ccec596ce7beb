package io.tidemark.server.rest;

import io.tidemark.control.event.EventView;
import io.tidemark.control.event.Events;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open streams of server-sent events. Each has a virtual thread that reads what came after the last event sent, so none is sent twice
 * and none is missed; a new event only wakes the threads.
 */
final class EventStreams implements Handler<RoutingContext>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventStreams.class);
    private static final int MAX_STREAMS = 200;
    private static final int BATCH = 500;
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);
    private static final Duration SEND_LIMIT = Duration.ofSeconds(30);

    private final Events events;
    private final Executor executor;
    private final Set<Stream> open = ConcurrentHashMap.newKeySet();
    private final Events.Subscription subscription;

    EventStreams(Events events, Executor executor) {
        this.events = events;
        this.executor = executor;
        this.subscription = events.subscribe(event -> open.forEach(Stream::wake));
    }

    @Override
    public void handle(RoutingContext context) {
        if (open.size() >= MAX_STREAMS) {
            context.fail(new Problem(
                            503,
                            "too-many-streams",
                            "The event stream was not opened",
                            MAX_STREAMS + " are open already",
                            "Close some, or list the events instead.")
                    .exception());
            return;
        }
        Optional<Long> last = Call.of(context).header("Last-Event-ID").map(Long::parseLong);
        HttpServerResponse response = context.response();
        // "identity" keeps the compressor from holding events back.
        response.setChunked(true)
                .putHeader("Content-Type", "text/event-stream")
                .putHeader("Content-Encoding", "identity");
        Stream stream = new Stream(response, last);
        open.add(stream);
        response.closeHandler(ignored -> stream.stop());
        executor.execute(stream::run);
    }

    /** Ends all streams. */
    @Override
    public void close() {
        subscription.close();
        open.forEach(Stream::stop);
    }

    /** One client. */
    private final class Stream {
        private final HttpServerResponse response;
        private final Optional<Long> resumeAfter;
        private final Semaphore news = new Semaphore(0);
        private volatile boolean stopped;

        Stream(HttpServerResponse response, Optional<Long> resumeAfter) {
            this.response = response;
            this.resumeAfter = resumeAfter;
        }

        void wake() {
            news.release();
        }

        void stop() {
            stopped = true;
            wake();
        }

        void run() {
            try {
                long last = resumeAfter.orElseGet(this::newest);
                send("retry: 2000\n\n");
                while (!stopped) {
                    last = sendAfter(last);
                    if (!stopped && !news.tryAcquire(HEARTBEAT.toSeconds(), TimeUnit.SECONDS)) {
                        send(": nothing new\n\n");
                    }
                    news.drainPermits();
                }
                response.end();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException | RuntimeException e) {
                LOG.atDebug().setCause(e).log("An event stream ended");
                response.reset();
            } finally {
                open.remove(this);
            }
        }

        private long newest() {
            List<EventView> newest =
                    events.list(Optional.empty(), Optional.empty(), 1).items();
            return newest.isEmpty() ? 0 : newest.getFirst().id();
        }

        private long sendAfter(long id) throws InterruptedException, ExecutionException, TimeoutException {
            long last = id;
            List<EventView> batch = events.after(last, BATCH);
            while (!batch.isEmpty() && !stopped) {
                StringBuilder text = new StringBuilder();
                for (EventView event : batch) {
                    text.append("id: ").append(event.id()).append("\nevent: ").append(event.topic());
                    text.append("\ndata: ").append(Views.event(event).encode()).append("\n\n");
                    last = event.id();
                }
                send(text.toString());
                batch = events.after(last, BATCH);
            }
            return last;
        }

        /** Waits until the text is on its way, so that a slow client slows its own thread and fills no memory. */
        private void send(String text) throws InterruptedException, ExecutionException, TimeoutException {
            response.write(Buffer.buffer(text))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(SEND_LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
    }
}
