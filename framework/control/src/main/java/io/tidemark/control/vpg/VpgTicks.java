package io.tidemark.control.vpg;

import io.tidemark.control.time.Timer;
import java.time.Duration;

/** Does for all VPGs what is done from time to time: samples the RPO each second, and ages journals. */
public final class VpgTicks {
    private static final Duration SAMPLE_INTERVAL = Duration.ofSeconds(1);

    private VpgTicks() {}

    /** Begins; ends with the timer. */
    public static void begin(VpgRegistry registry, Timer timer, Duration ageingInterval) {
        timer.every(SAMPLE_INTERVAL, () -> registry.all().forEach(vpg -> {
            vpg.protection().ifPresent(Protection::sample);
            vpg.custody().ifPresent(Custody::sample);
        }));
        // Ageing is long: each VPG has a thread of its own, and leaves a turn out while the one before still runs.
        timer.every(ageingInterval, () -> registry.all()
                .forEach(vpg -> vpg.custody().ifPresent(custody -> custody.ageSoon())));
    }
}
