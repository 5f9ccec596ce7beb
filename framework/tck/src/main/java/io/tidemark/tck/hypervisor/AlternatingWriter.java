package io.tidemark.tck.hypervisor;

import io.tidemark.spi.error.ProviderException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/** Appends to the ledgers of the first two disks in turn, on a thread of its own until stopped. Nobody else uses the VM's console meanwhile. */
final class AlternatingWriter {
    /** Keeps ledgers small: a sample disk of 8 MiB holds about two thousand entries of 4 KiB. */
    private static final int MOST_ROUNDS = 400;

    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final AtomicLong rounds = new AtomicLong();
    private volatile boolean stopping;

    AlternatingWriter(BootedVm vm) {
        Thread.ofVirtual().name("tck-writer-" + vm.name()).start(() -> write(vm));
    }

    /** How many entries both ledgers have, all acknowledged. */
    long rounds() {
        return rounds.get();
    }

    boolean ended() {
        return ended.isDone();
    }

    /** Stops after the round in hand. @throws ProviderException the failure of an append, if one failed */
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

    private void write(BootedVm vm) {
        try {
            while (!stopping && rounds.get() < MOST_ROUNDS) {
                vm.append(0);
                vm.append(1);
                rounds.incrementAndGet();
            }
            ended.complete(null);
        } catch (ProviderException | RuntimeException | Error failed) {
            ended.completeExceptionally(failed);
        }
    }
}
