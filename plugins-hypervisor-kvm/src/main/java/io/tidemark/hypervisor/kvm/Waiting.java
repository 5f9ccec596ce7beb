package io.tidemark.hypervisor.kvm;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** The pause between two looks at something that another process brings about. */
final class Waiting {
    private Waiting() {}

    static void pause(Duration duration) {
        LockSupport.parkNanos(duration.toNanos());
    }
}
