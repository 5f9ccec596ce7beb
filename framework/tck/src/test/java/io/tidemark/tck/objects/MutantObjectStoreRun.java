package io.tidemark.tck.objects;

import java.util.Optional;

/** The contract over a faulty store. Named so that Surefire leaves it alone: {@link ObjectStoreMutantsTest} runs it. */
final class MutantObjectStoreRun extends ObjectStoreContract {
    @Override
    protected ObjectStoreSubject makeSubject() {
        return new MemoryStoreSubject(Optional.of(ObjectStoreMutantsTest.chosen()));
    }
}
