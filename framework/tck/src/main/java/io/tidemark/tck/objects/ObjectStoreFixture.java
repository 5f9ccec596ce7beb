package io.tidemark.tck.objects;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.objects.ObjectInfo;
import io.tidemark.spi.objects.ObjectPage;
import io.tidemark.spi.objects.ObjectSource;
import io.tidemark.spi.objects.ObjectStore;
import io.tidemark.spi.plugin.Deadline;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.function.Executable;

/** One subject and one open store for a class; each test works below a folder of keys of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class ObjectStoreFixture {
    private static final AtomicInteger FOLDERS = new AtomicInteger();

    private @Nullable ObjectStoreSubject subject;
    private @Nullable ObjectStore store;

    /** Makes the subject of this class; a JUnit assumption may abort when it cannot run here. */
    protected abstract ObjectStoreSubject makeSubject() throws Exception;

    @BeforeAll
    final void openStore() throws Exception {
        subject = makeSubject();
        store = subject.open();
    }

    @AfterAll
    final void closeAll() throws Exception {
        try (ObjectStoreSubject made = subject;
                ObjectStore opened = store) {
            // Closed in the order: store, subject; neither is there when it could not be made.
            assertTrue(made != null || opened == null);
        }
    }

    final ObjectStoreSubject subject() {
        ObjectStoreSubject made = subject;
        return made != null ? made : fail("the subject was not made");
    }

    final ObjectStore store() {
        ObjectStore opened = store;
        return opened != null ? opened : fail("the store is not open");
    }

    final Deadline deadline() {
        return Deadline.after(subject().timeLimit());
    }

    /** A folder of keys that no other test uses, with a slash at its end. */
    static String folder() {
        return "tck-" + FOLDERS.incrementAndGet() + "/";
    }

    /** Bytes that do not repeat; the same for the same seed. */
    static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    final ObjectInfo put(String key, byte[] bytes) throws ProviderException {
        return store().putIfAbsent(key, ObjectSource.ofBytes(bytes), Optional.empty(), deadline());
    }

    final ObjectInfo found(String key) throws ProviderException {
        return store().find(key, deadline()).orElseThrow(() -> new AssertionError("there is no object " + key));
    }

    final byte[] copy(ObjectInfo object) throws ProviderException {
        ByteArrayOutputStream sink = new ByteArrayOutputStream();
        store().copyTo(object, sink, deadline());
        return sink.toByteArray();
    }

    final void assertHolds(String key, byte[] bytes) throws ProviderException {
        assertArrayEquals(bytes, copy(found(key)), "contents of " + key);
    }

    /** All keys with a prefix, page by page. */
    final List<String> keys(String prefix, int pageSize) throws ProviderException {
        List<String> keys = new ArrayList<>();
        Optional<String> after = Optional.empty();
        do {
            ObjectPage page = store().list(prefix, after, pageSize, deadline());
            assertTrue(page.objects().size() <= pageSize, "a page is larger than asked for");
            page.objects().forEach(object -> keys.add(object.key()));
            assertFalse(after.isPresent() && after.equals(page.next()), "a listing stands still");
            after = page.next();
        } while (after.isPresent());
        return keys;
    }

    static ProviderException assertRefused(Executable call, FailureKind... kinds) {
        ProviderException refusal = assertThrows(ProviderException.class, call);
        assertTrue(
                Arrays.asList(kinds).contains(refusal.kind()),
                () -> "kind " + refusal.kind() + " instead of one of " + Arrays.toString(kinds) + ": " + refusal);
        for (String text : List.of(refusal.happened(), refusal.why(), refusal.remedy())) {
            assertFalse(text.isBlank(), () -> "a text for the operator is blank: " + refusal);
        }
        return refusal;
    }

    /** Runs the calls at the same time; a result is empty where the call ended in a conflict. */
    static <T> List<Optional<T>> race(List<Callable<T>> calls) throws Exception {
        CyclicBarrier start = new CyclicBarrier(calls.size());
        try (ExecutorService threads = Executors.newFixedThreadPool(calls.size())) {
            List<Future<Optional<T>>> running = new ArrayList<>();
            for (Callable<T> call : calls) {
                running.add(threads.submit(() -> {
                    start.await();
                    try {
                        return Optional.of(call.call());
                    } catch (ProviderException lost) {
                        if (lost.kind() == FailureKind.CONFLICT) {
                            return Optional.empty();
                        }
                        throw lost;
                    }
                }));
            }
            List<Optional<T>> results = new ArrayList<>();
            for (Future<Optional<T>> each : running) {
                results.add(each.get());
            }
            return results;
        }
    }
}
