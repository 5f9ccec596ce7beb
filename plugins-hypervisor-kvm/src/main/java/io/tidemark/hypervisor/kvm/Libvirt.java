package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;
import org.libvirt.jna.Libvirt.VirErrorCallback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to one libvirt daemon: opens it anew when the daemon was restarted, gives each call a deadline, and turns its errors into
 * {@link ProviderException}.
 *
 * <p>Any thread may call. No libvirt events are used: libvirt's event loop is one per process, and two sites in one process, each with a
 * class loader of its own, would share it. What a capture must hear at once comes from its NBD connection instead.
 */
final class Libvirt implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Libvirt.class);
    private static final int MOST_CALLS_AT_ONCE = 64;

    /** libvirt prints each error to standard error unless it is given this; ours come back as exceptions. Held for the process's life. */
    private static final VirErrorCallback QUIET = (userData, error) -> LOG.debug("libvirt reported an error");

    private final String uri;
    private final ThreadPoolExecutor pool;
    private final Object connecting = new Object();
    private @Nullable Connect connect;
    private volatile boolean closed;

    /** A piece of work on a live connection. */
    @FunctionalInterface
    interface Work<T extends @Nullable Object> {
        T on(Connect connect) throws LibvirtException, ProviderException;
    }

    /** A piece of work on one domain. */
    @FunctionalInterface
    interface DomainWork<T extends @Nullable Object> {
        T on(Domain domain) throws LibvirtException, ProviderException;
    }

    Libvirt(String uri, ThreadFactory threads) {
        this.uri = uri;
        this.pool =
                new ThreadPoolExecutor(0, MOST_CALLS_AT_ONCE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), threads);
    }

    String uri() {
        return uri;
    }

    /** @param what for people, starts a sentence, for example "Starting VM x" */
    <T extends @Nullable Object> T call(String what, Deadline deadline, Work<T> work) throws ProviderException {
        if (closed) {
            throw KvmFailures.closed();
        }
        Future<T> answer;
        try {
            answer = pool.submit(() -> twice(work));
        } catch (RejectedExecutionException refused) {
            if (closed) {
                throw KvmFailures.closed();
            }
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    what + " failed",
                    MOST_CALLS_AT_ONCE + " calls to libvirt are waiting already",
                    "See whether libvirtd hangs, then try again.",
                    refused);
        }
        try {
            return answer.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            // The native call cannot be interrupted; its thread ends when libvirt answers.
            throw KvmFailures.tooLate(what, deadline.remaining());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw KvmFailures.tooLate(what, deadline.remaining());
        } catch (ExecutionException failed) {
            throw rethrown(what, failed.getCause());
        }
    }

    /** @throws ProviderException REJECTED when there is no such domain */
    <T extends @Nullable Object> T domain(String what, VmId vm, Deadline deadline, DomainWork<T> work)
            throws ProviderException {
        Optional<Optional<T>> result = ifDomain(what, vm, deadline, domain -> Optional.ofNullable(work.on(domain)));
        if (result.isEmpty()) {
            throw KvmFailures.noSuchVm(vm);
        }
        return unwrap(result.get());
    }

    @SuppressWarnings("NullAway") // T is nullable where the work gives null
    private static <T extends @Nullable Object> T unwrap(Optional<T> value) {
        return value.orElse(null);
    }

    /** Empty when libvirt positively has no such domain. */
    <T> Optional<T> ifDomain(String what, VmId vm, Deadline deadline, DomainWork<T> work) throws ProviderException {
        UUID uuid;
        try {
            uuid = UUID.fromString(vm.value());
        } catch (IllegalArgumentException notOurs) {
            return Optional.empty();
        }
        return call(what, deadline, connection -> {
            Domain domain;
            try {
                domain = connection.domainLookupByUUID(uuid);
            } catch (LibvirtException failure) {
                if (KvmFailures.saysNoDomain(failure)) {
                    return Optional.empty();
                }
                throw failure;
            }
            try {
                return Optional.of(work.on(domain));
            } finally {
                domain.free();
            }
        });
    }

    /** Runs the work on every domain that exists; one that vanishes meanwhile is left out. */
    <T> List<T> eachDomain(String what, Deadline deadline, DomainWork<T> work) throws ProviderException {
        return call(what, deadline, connection -> {
            List<T> results = new ArrayList<>();
            for (Domain domain : connection.listAllDomains(0)) {
                try {
                    results.add(work.on(domain));
                } catch (LibvirtException failure) {
                    if (!KvmFailures.saysNoDomain(failure)) {
                        throw failure;
                    }
                } finally {
                    domain.free();
                }
            }
            return results;
        });
    }

    private <T extends @Nullable Object> T twice(Work<T> work) throws ProviderException, LibvirtException {
        Connect first = connection();
        try {
            return work.on(first);
        } catch (LibvirtException | ProviderException failure) {
            if (closed || isAlive(first)) {
                throw failure;
            }
            // The daemon was restarted since the last call: a broken connection shows only on use.
            LOG.atInfo().addKeyValue("uri", uri).log("the connection to libvirt broke; connecting anew");
            return work.on(connection());
        }
    }

    private Connect connection() throws LibvirtException, ProviderException {
        synchronized (connecting) {
            if (closed) {
                throw KvmFailures.closed();
            }
            Connect current = connect;
            if (current != null && isAlive(current)) {
                return current;
            }
            if (current != null) {
                release(current);
            }
            connect = null;
            Connect.setErrorCallback(QUIET);
            Connect fresh = new Connect(uri);
            connect = fresh;
            return fresh;
        }
    }

    private static boolean isAlive(Connect connection) {
        try {
            return connection.isAlive();
        } catch (LibvirtException dead) {
            LOG.atDebug().setCause(dead).log("libvirt connection is dead");
            return false;
        }
    }

    private static void release(Connect connection) {
        try {
            connection.close();
        } catch (LibvirtException e) {
            LOG.atDebug().setCause(e).log("closing the libvirt connection failed; it was broken");
        }
    }

    private static ProviderException rethrown(String what, @Nullable Throwable cause) {
        return switch (cause) {
            case ProviderException ours -> ours;
            case LibvirtException theirs -> KvmFailures.ofLibvirt(what, theirs);
            case UnsatisfiedLinkError missing -> KvmFailures.nativeLibraryMissing(missing);
            case NoClassDefFoundError missing ->
                KvmFailures.nativeLibraryMissing(new UnsatisfiedLinkError(missing.getMessage()));
            case Error error -> throw error;
            case null, default ->
                new ProviderException(
                        FailureKind.BUG,
                        what + " failed",
                        String.valueOf(cause),
                        "Report this with the log around it.",
                        cause);
        };
    }

    @Override
    public void close() {
        closed = true;
        pool.shutdownNow();
        Connect last;
        synchronized (connecting) {
            last = connect;
            connect = null;
        }
        if (last != null) {
            release(last);
        }
        try {
            if (!pool.awaitTermination(3, TimeUnit.SECONDS)) {
                LOG.atWarn().addKeyValue("uri", uri).log("a call to libvirt still hangs after the site was closed");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
