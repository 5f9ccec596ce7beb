package io.tidemark.tck.objects;

import java.util.Optional;

final class MemoryObjectLockContractTest extends ObjectLockContract {
    @Override
    protected ObjectStoreSubject makeSubject() {
        return new MemoryStoreSubject(Optional.empty());
    }
}
