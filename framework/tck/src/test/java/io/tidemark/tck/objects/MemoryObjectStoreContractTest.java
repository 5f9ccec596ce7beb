package io.tidemark.tck.objects;

import java.util.Optional;

final class MemoryObjectStoreContractTest extends ObjectStoreContract {
    @Override
    protected ObjectStoreSubject makeSubject() {
        return new MemoryStoreSubject(Optional.empty());
    }
}
