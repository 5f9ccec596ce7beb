package io.tidemark.tck.objects;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.objects.ObjectInfo;
import io.tidemark.spi.objects.ObjectLock;
import io.tidemark.spi.objects.ObjectPage;
import io.tidemark.spi.objects.ObjectSource;
import io.tidemark.spi.objects.ObjectStore;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** An object store in memory: right without a fault, wrong in one way with one. */
final class MemoryObjectStore implements ObjectStore {
    private static final class Stored {
        byte[] bytes;
        final long sum;
        final long version;
        final @Nullable Stored older;
        Optional<ObjectLock> lock;

        Stored(byte[] bytes, long version, @Nullable Stored older, Optional<ObjectLock> lock) {
            this.bytes = bytes;
            this.sum = sum(bytes);
            this.version = version;
            this.older = older;
            this.lock = lock;
        }
    }

    private final Optional<StoreFault> fault;
    private final int largeBytes;
    private final TreeMap<String, Stored> objects = new TreeMap<>();
    private TreeMap<String, Stored> listed = new TreeMap<>();
    private long versions;
    private boolean closed;

    MemoryObjectStore(Optional<StoreFault> fault, int largeBytes) {
        this.fault = fault;
        this.largeBytes = largeBytes;
    }

    private boolean is(StoreFault asked) {
        return fault.filter(asked::equals).isPresent();
    }

    private static long sum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }

    private static ProviderException refused(FailureKind kind, String why) {
        return new ProviderException(kind, "The call to the memory was refused", why, "Do something else.");
    }

    private void require(String key) throws ProviderException {
        if (closed && !is(StoreFault.ANSWERS_WHEN_CLOSED)) {
            throw refused(FailureKind.UNREACHABLE, "it is closed");
        }
        boolean good = key.length() <= 512
                && key.matches("[A-Za-z0-9._=-]+(/[A-Za-z0-9._=-]+)*")
                && Arrays.stream(key.split("/")).noneMatch(part -> part.equals(".") || part.equals(".."));
        if (!good && !is(StoreFault.TAKES_ANY_KEY)) {
            throw refused(FailureKind.REJECTED, "that is no key");
        }
    }

    synchronized void corrupt(String key) {
        Stored stored = objects.get(key);
        if (stored != null) {
            stored.bytes = stored.bytes.clone();
            stored.bytes[1]++;
        }
    }

    private byte[] readAll(ObjectSource source) throws ProviderException {
        byte[] bytes = new byte[0];
        try (InputStream stream = source.open()) {
            if (is(StoreFault.STORES_HALF_OF_A_BROKEN_SOURCE)) {
                return stream.readNBytes((int) source.sizeBytes() / 2);
            }
            bytes = stream.readAllBytes();
        } catch (IOException broken) {
            throw refused(FailureKind.REJECTED, "the source is broken: " + broken.getMessage());
        }
        if (bytes.length != source.sizeBytes()) {
            throw refused(FailureKind.REJECTED, "the source lied");
        }
        return is(StoreFault.DROPS_THE_LAST_BYTE_OF_LARGE_ONES) && bytes.length >= largeBytes
                ? Arrays.copyOf(bytes, bytes.length - 1)
                : bytes;
    }

    @Override
    public ObjectInfo putIfAbsent(String key, ObjectSource source, Optional<ObjectLock> lock, Deadline deadline)
            throws ProviderException {
        require(key);
        byte[] bytes = readAll(source);
        if (is(StoreFault.LETS_ALL_RACERS_WIN)) {
            boolean free;
            synchronized (this) {
                free = !objects.containsKey(key);
            }
            LockSupport.parkNanos(20_000_000);
            synchronized (this) {
                if (free) {
                    return store(key, bytes, lock);
                }
            }
        }
        synchronized (this) {
            Stored there = objects.get(key);
            if (there == null || is(StoreFault.OVERWRITES)) {
                return store(key, bytes, lock);
            }
            if (!Arrays.equals(there.bytes, bytes) || is(StoreFault.REFUSES_THE_SAME_BYTES)) {
                throw refused(FailureKind.CONFLICT, "the key is taken");
            }
            if (lock.isPresent() && !is(StoreFault.SKIPS_LOCKS_OF_REPEATED_PUTS)) {
                lock(key, lock.get(), deadline);
            }
            return info(key, there);
        }
    }

    private ObjectInfo store(String key, byte[] bytes, Optional<ObjectLock> lock) {
        if (bytes.length == 0 && is(StoreFault.HAS_NO_EMPTY_OBJECTS)) {
            return new ObjectInfo(key, 0, "0", Instant.now());
        }
        listed = new TreeMap<>(objects);
        Stored stored = new Stored(bytes, ++versions, objects.get(key), lock);
        objects.put(key, stored);
        return info(key, stored);
    }

    private static ObjectInfo info(String key, Stored stored) {
        return new ObjectInfo(key, stored.bytes.length, Long.toString(stored.version), Instant.now());
    }

    @Override
    public synchronized ObjectInfo putIfMatch(String key, ObjectSource source, String version, Deadline deadline)
            throws ProviderException {
        require(key);
        byte[] bytes = readAll(source);
        Stored there = objects.get(key);
        if (there == null) {
            throw refused(FailureKind.CONFLICT, "the key is free");
        }
        if (isLocked(there) && !is(StoreFault.REPLACES_LOCKED)) {
            throw refused(FailureKind.REJECTED, "it is locked");
        }
        boolean matches = version.equals(Long.toString(there.version)) || is(StoreFault.REPLACES_ANY_VERSION);
        if (matches && !is(StoreFault.REPLACES_NOTHING)) {
            return store(key, bytes, Optional.empty());
        }
        if (Arrays.equals(there.bytes, bytes)) {
            return info(key, there);
        }
        throw refused(FailureKind.CONFLICT, "it is another version");
    }

    @Override
    public synchronized Optional<ObjectInfo> find(String key, Deadline deadline) throws ProviderException {
        require(key);
        Stored there = objects.get(key);
        if (there == null) {
            return is(StoreFault.FINDS_WHAT_IS_GONE)
                    ? Optional.of(new ObjectInfo(key, 1, "1", Instant.now()))
                    : Optional.empty();
        }
        return Optional.of(info(key, there));
    }

    private Stored version(ObjectInfo object) throws ProviderException {
        require(object.key());
        Stored there = objects.get(object.key());
        if (there == null
                || (!object.version().equals(Long.toString(there.version)) && !is(StoreFault.READS_OTHER_VERSIONS))) {
            throw refused(FailureKind.CONFLICT, "it is gone or another version");
        }
        return there;
    }

    @Override
    public synchronized void read(ObjectInfo object, long offset, ByteBuffer into, Deadline deadline)
            throws ProviderException {
        Stored there = version(object);
        int length = into.remaining();
        if (offset < 0 || offset + length > there.bytes.length) {
            if (is(StoreFault.READS_BEYOND_THE_END)) {
                into.put(new byte[length]);
                return;
            }
            throw refused(FailureKind.REJECTED, "the range is not within the object");
        }
        int shift = is(StoreFault.SHIFTS_RANGES) && offset > 0 && length > 0 ? 1 : 0;
        into.put(there.bytes, (int) offset - shift, length);
    }

    @Override
    public synchronized void copyTo(ObjectInfo object, OutputStream sink, Deadline deadline) throws ProviderException {
        Stored there = version(object);
        if (sum(there.bytes) != there.sum && !is(StoreFault.CHECKS_NO_SUMS)) {
            throw refused(FailureKind.CORRUPT, "the bytes have another checksum");
        }
        try {
            sink.write(there.bytes);
        } catch (IOException broken) {
            throw refused(FailureKind.REJECTED, "the sink is broken: " + broken.getMessage());
        }
    }

    @Override
    public synchronized ObjectPage list(String prefix, Optional<String> after, int limit, Deadline deadline)
            throws ProviderException {
        require("any");
        if (limit < 1 || limit > 1000) {
            throw refused(FailureKind.REJECTED, "a page has 1 to 1000");
        }
        TreeMap<String, Stored> source = is(StoreFault.LISTS_LATE) ? listed : objects;
        List<ObjectInfo> page = new ArrayList<>();
        boolean more = false;
        for (var each : source.tailMap(after.orElse(prefix), after.isEmpty()).entrySet()) {
            if (each.getKey().startsWith(prefix)) {
                if (page.size() == limit) {
                    more = true;
                    break;
                }
                page.add(info(each.getKey(), each.getValue()));
            }
        }
        Optional<String> next = more ? Optional.of(page.getLast().key()) : Optional.empty();
        if (is(StoreFault.FORGETS_THE_LAST_PAGE) && !more && after.isPresent()) {
            return new ObjectPage(List.of(), Optional.empty());
        }
        return new ObjectPage(is(StoreFault.LISTS_BACKWARDS) ? page.reversed() : page, next);
    }

    @Override
    public synchronized void delete(String key, Deadline deadline) throws ProviderException {
        require(key);
        Stored there = objects.get(key);
        if (there != null && isLocked(there) && !is(StoreFault.DELETES_LOCKED)) {
            throw refused(FailureKind.REJECTED, "it is locked");
        }
        listed = new TreeMap<>(objects);
        if (is(StoreFault.DELETES_BY_PREFIX)) {
            objects.keySet().removeIf(each -> each.startsWith(key));
            return;
        }
        objects.remove(key);
        if (there != null && there.older != null && is(StoreFault.SHOWS_OLDER_VERSIONS_AFTER_DELETE)) {
            objects.put(key, there.older);
        }
    }

    private boolean isLocked(Stored stored) {
        if (stored.lock.isEmpty()) {
            return false;
        }
        Instant until = stored.lock.get().until();
        return is(StoreFault.LOCKS_FOR_EVER)
                || until.minusSeconds(is(StoreFault.ENDS_LOCKS_EARLY) ? 2 : 0).isAfter(Instant.now());
    }

    @Override
    public synchronized void lock(String key, ObjectLock lock, Deadline deadline) throws ProviderException {
        require(key);
        Stored there = objects.get(key);
        if (there == null) {
            throw refused(FailureKind.REJECTED, "there is no such object");
        }
        if (isLocked(there)) {
            ObjectLock now = there.lock.orElseThrow();
            boolean weaker = now.mode() == ObjectLock.Mode.COMPLIANCE && lock.mode() != ObjectLock.Mode.COMPLIANCE;
            boolean shorter = lock.until().isBefore(now.until());
            if ((weaker && !is(StoreFault.WEAKENS_LOCKS)) || (shorter && !is(StoreFault.SHORTENS_LOCKS))) {
                throw refused(FailureKind.REJECTED, "a lock only becomes longer and stronger");
            }
        }
        if (!is(StoreFault.FORGETS_LATE_LOCKS)) {
            there.lock = Optional.of(lock);
        }
    }

    @Override
    public synchronized Optional<ObjectLock> lockOf(String key, Deadline deadline) throws ProviderException {
        require(key);
        Stored there = objects.get(key);
        return there != null && isLocked(there) ? there.lock : Optional.empty();
    }

    @Override
    public String description() {
        return "memory";
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(LOCKING);
    }

    @Override
    public void checkHealth(Deadline deadline) throws ProviderException {
        require("any");
    }

    @Override
    public void close() {
        closed = true;
    }
}
