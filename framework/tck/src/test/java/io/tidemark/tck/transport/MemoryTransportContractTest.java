package io.tidemark.tck.transport;

/** The transport from which the mutants are made keeps the contract: what they fail at is their own fault. */
final class MemoryTransportContractTest extends TransportContract {
    private final MemorySubject subject = new MemorySubject();

    @Override
    protected TransportSubject subject() {
        return subject;
    }
}
