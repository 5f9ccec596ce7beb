package io.tidemark.tck.transport;

import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.Transport;
import java.time.Duration;
import java.util.Optional;

/** The contract over a faulty transport. Named so that Surefire leaves it alone: {@link TransportMutantsTest} runs it. */
final class MutantTransportRun extends TransportContract {
    /** Which fault; JUnit makes the instance, so there is no other way in. Set by the one test class that runs this. */
    private static volatile Optional<Fault> fault = Optional.empty();

    private final MemorySubject good = new MemorySubject();

    static void choose(Fault chosen) {
        fault = Optional.of(chosen);
    }

    @Override
    protected Duration patience() {
        return Duration.ofMillis(1500);
    }

    @Override
    protected TransportSubject subject() {
        return new TransportSubject() {
            @Override
            public Transport open(ProviderContext host) {
                return new FaultyTransport(fault.orElseThrow(), good.network(), host);
            }

            @Override
            public Duration idleTimeout() {
                return good.idleTimeout();
            }

            @Override
            public Endpoint listenAt() {
                return good.listenAt();
            }

            @Override
            public Line line(Endpoint target) {
                return good.line(target);
            }

            @Override
            public Wire wire() {
                return good.wire();
            }
        };
    }
}
