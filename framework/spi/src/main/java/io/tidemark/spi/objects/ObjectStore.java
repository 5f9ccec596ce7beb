package io.tidemark.spi.objects;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.Provider;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Objects by key. A put is all or nothing, and seen by every later call of anybody once it returned. An object is never changed in place:
 * a put needs the key to be free, or the object there to be the one that the caller knows.
 *
 * <p>Keys are relative to the instance: 1 to 512 characters out of letters, digits and {@code / . _ - =}; no empty, {@code .} or
 * {@code ..} part between slashes, no slash at either end.
 *
 * <p>Bytes are checked on the way in by the store, and on the way out wherever this interface says so; a mismatch is of kind {@link
 * FailureKind#CORRUPT}.
 */
public interface ObjectStore extends Provider {
    /** Objects can be locked, see {@link #lock}. */
    Capability LOCKING = new Capability("objects.locking");

    /**
     * Stores an object under a key that is free. Idempotent: when the key holds the very same bytes, as after an attempt whose answer was
     * lost, that counts as success, and a lock that was asked for is put on it.
     *
     * @throws ProviderException {@code CONFLICT} when the key holds something else
     */
    ObjectInfo putIfAbsent(String key, ObjectSource source, Optional<ObjectLock> lock, Deadline deadline)
            throws ProviderException;

    /**
     * Replaces the object that has the version. Idempotent like {@link #putIfAbsent}.
     *
     * @throws ProviderException {@code CONFLICT} when the key is free or holds another version with other bytes
     */
    ObjectInfo putIfMatch(String key, ObjectSource source, String version, Deadline deadline) throws ProviderException;

    /** What is stored under the key; empty when positively nothing is. */
    Optional<ObjectInfo> find(String key, Deadline deadline) throws ProviderException;

    /**
     * Fills {@code into} from an offset of one version of an object. A part of an object is protected by the transport alone: callers keep
     * checksums of their own inside.
     *
     * @throws ProviderException {@code CONFLICT} when the key is free or holds another version; {@code REJECTED} when the range is
     *     not within the object
     */
    void read(ObjectInfo object, long offset, ByteBuffer into, Deadline deadline) throws ProviderException;

    /**
     * Copies one whole version of an object, checked against the checksum that it was stored with. Bytes that were copied before an
     * exception are worthless.
     *
     * @throws ProviderException {@code CONFLICT} when the key is free or holds another version
     */
    void copyTo(ObjectInfo object, OutputStream sink, Deadline deadline) throws ProviderException;

    /**
     * Lists keys that begin with a prefix.
     *
     * @param prefix may be empty
     * @param after lists keys behind this one; empty for the beginning
     * @param limit 1 to 1000
     */
    ObjectPage list(String prefix, Optional<String> after, int limit, Deadline deadline) throws ProviderException;

    /**
     * Deletes an object with its older versions. Does nothing when there is none.
     *
     * @throws ProviderException {@code REJECTED} when a lock forbids it; the object is still there then
     */
    void delete(String key, Deadline deadline) throws ProviderException;

    /**
     * Locks an object, or makes its lock longer.
     *
     * @throws ProviderException {@code REJECTED} when the lock would become shorter or weaker, or the key is free; {@code UNSUPPORTED}
     *     without {@link #LOCKING}
     */
    void lock(String key, ObjectLock lock, Deadline deadline) throws ProviderException;

    /** The lock of an object; empty when it has none or the lock is over. */
    Optional<ObjectLock> lockOf(String key, Deadline deadline) throws ProviderException;
}
