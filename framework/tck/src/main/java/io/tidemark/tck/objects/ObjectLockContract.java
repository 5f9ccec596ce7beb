package io.tidemark.tck.objects;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.objects.ObjectInfo;
import io.tidemark.spi.objects.ObjectLock;
import io.tidemark.spi.objects.ObjectLock.Mode;
import io.tidemark.spi.objects.ObjectSource;
import io.tidemark.spi.objects.ObjectStore;
import io.tidemark.spi.plugin.Deadline;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Locks, on a store that enforces them. The other half of {@link ObjectStoreContract}; one without locks fulfils {@link NoObjectLockContract}. */
public abstract class ObjectLockContract extends ObjectStoreFixture {
    @Test
    void aLockedObjectStays() throws Exception {
        requireLocking();
        for (Mode mode : Mode.values()) {
            for (int length : new int[] {1000, subject().largeObjectBytes()}) {
                String key = folder() + mode + "-" + length;
                ObjectLock lock = lock(mode, Duration.ofSeconds(20));
                ObjectInfo object =
                        store().putIfAbsent(key, ObjectSource.ofBytes(bytes(length, 3)), Optional.of(lock), deadline());
                assertEquals(Optional.of(lock), store().lockOf(key, deadline()));
                assertRefused(() -> store().delete(key, deadline()), FailureKind.REJECTED);
                assertRefused(
                        () -> store().putIfMatch(key, ObjectSource.ofBytes(bytes(9, 4)), object.version(), deadline()),
                        FailureKind.REJECTED);
                assertHolds(key, bytes(length, 3));
            }
        }
    }

    @Test
    void anObjectIsLockedLater() throws Exception {
        requireLocking();
        String key = folder() + "later";
        put(key, bytes(100, 5));
        assertEquals(Optional.empty(), store().lockOf(key, deadline()));
        ObjectLock lock = lock(Mode.GOVERNANCE, Duration.ofSeconds(15));
        store().lock(key, lock, deadline());
        store().lock(key, lock, deadline());
        assertEquals(Optional.of(lock), store().lockOf(key, deadline()));
        assertRefused(() -> store().delete(key, deadline()), FailureKind.REJECTED);
        assertRefused(() -> store().lock(folder() + "none", lock, deadline()), FailureKind.REJECTED);
    }

    @Test
    void aLockBecomesLongerNeverShorterOrWeaker() throws Exception {
        requireLocking();
        String key = folder() + "longer";
        ObjectLock lock = lock(Mode.COMPLIANCE, Duration.ofSeconds(15));
        store().putIfAbsent(key, ObjectSource.ofBytes(bytes(100, 6)), Optional.of(lock), deadline());
        ObjectLock longer = new ObjectLock(Mode.COMPLIANCE, lock.until().plusSeconds(5));
        store().lock(key, longer, deadline());
        for (ObjectLock wrong :
                List.of(lock, new ObjectLock(Mode.GOVERNANCE, longer.until().plusSeconds(5)))) {
            assertRefused(() -> store().lock(key, wrong, deadline()), FailureKind.REJECTED);
        }
        assertEquals(Optional.of(longer), store().lockOf(key, deadline()));
    }

    @Test
    void aRepeatedPutPutsTheLockOn() throws Exception {
        requireLocking();
        String key = folder() + "repeated";
        put(key, bytes(100, 7));
        ObjectLock lock = lock(Mode.GOVERNANCE, Duration.ofSeconds(15));
        store().putIfAbsent(key, ObjectSource.ofBytes(bytes(100, 7)), Optional.of(lock), deadline());
        assertEquals(Optional.of(lock), store().lockOf(key, deadline()));
    }

    @Test
    void aLockThatIsOverLetsGo() throws Exception {
        requireLocking();
        String key = folder() + "over";
        ObjectLock lock = lock(Mode.COMPLIANCE, Duration.ofSeconds(3));
        store().putIfAbsent(key, ObjectSource.ofBytes(bytes(100, 8)), Optional.of(lock), deadline());
        int refused = 0;
        Deadline limit = deadline();
        while (!deleted(key)) {
            refused++;
            if (limit.passed()) {
                fail("the lock ended at " + lock.until() + ", and the object can still not be deleted");
            }
            LockSupport.parkNanos(200_000_000);
        }
        assertTrue(refused > 0, "the object could be deleted at once");
        assertFalse(Instant.now().isBefore(lock.until()), "it was deleted before its lock was over");
        assertEquals(Optional.empty(), store().find(key, deadline()));
    }

    private boolean deleted(String key) throws ProviderException {
        try {
            store().delete(key, deadline());
            return true;
        } catch (ProviderException refused) {
            assertEquals(FailureKind.REJECTED, refused.kind());
            return false;
        }
    }

    private void requireLocking() {
        assertTrue(
                store().capabilities().contains(ObjectStore.LOCKING),
                "a store without locks fulfils NoObjectLockContract instead");
    }

    private static ObjectLock lock(Mode mode, Duration length) {
        return new ObjectLock(mode, Instant.now().plus(length).truncatedTo(ChronoUnit.SECONDS));
    }
}
