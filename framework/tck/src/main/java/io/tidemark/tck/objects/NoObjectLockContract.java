package io.tidemark.tck.objects;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.objects.ObjectInfo;
import io.tidemark.spi.objects.ObjectLock;
import io.tidemark.spi.objects.ObjectLock.Mode;
import io.tidemark.spi.objects.ObjectSource;
import io.tidemark.spi.objects.ObjectStore;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a store says that has no locks. */
public abstract class NoObjectLockContract extends ObjectStoreFixture {
    @Test
    void aStoreWithoutLocksSaysSo() throws Exception {
        assertFalse(store().capabilities().contains(ObjectStore.LOCKING), "it has locks: see ObjectLockContract");
        ObjectInfo object = put(folder() + "plain", bytes(5, 1));
        ObjectLock lock = new ObjectLock(Mode.GOVERNANCE, Instant.now().plusSeconds(60));
        assertRefused(() -> store().lock(object.key(), lock, deadline()), FailureKind.UNSUPPORTED);
        assertRefused(
                () -> store().putIfAbsent(
                                folder() + "locked", ObjectSource.ofBytes(bytes(5, 2)), Optional.of(lock), deadline()),
                FailureKind.UNSUPPORTED);
        assertEquals(Optional.empty(), store().lockOf(object.key(), deadline()));
    }
}
