package io.tidemark.tck.hypervisor;

import io.tidemark.spi.error.ProviderException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/** Appends to one disk's ledger on a thread of its own until closed. Nobody else uses the VM's console meanwhile. */
final class BackgroundWriter {
    /** Keeps ledgers small: a sample disk of 8 MiB holds about two thousand entries of 4 KiB. */
    private static final int MOST_ENTRIES = 400;

    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final AtomicLong appended = new AtomicLong();
    private volatile boolean stopping;

    BackgroundWriter(BootedVm vm, int disk) {
        Thread.ofVirtual().name("tck-writer-" + vm.name()).start(() -> write(vm, disk));
    }

    /** Entries acknowledged so far. */
    long appended() {
        return appended.get();
    }

    /** Whether it wrote all it may, or failed. */
    boolean ended() {
        return ended.isDone();
    }

    /** Stops after the append in hand. @throws ProviderException the failure of an append, if one failed */
    void stop() throws Exception {
        stopping = true;
        try {
            ended.get();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof ProviderException append) {
                throw append;
            }
            throw failed;
        }
    }

    private void write(BootedVm vm, int disk) {
        try {
            while (!stopping && appended.get() < MOST_ENTRIES) {
                vm.append(disk);
                appended.incrementAndGet();
            }
            ended.complete(null);
        } catch (ProviderException | RuntimeException | Error failed) {
            ended.completeExceptionally(failed);
        }
    }
}
