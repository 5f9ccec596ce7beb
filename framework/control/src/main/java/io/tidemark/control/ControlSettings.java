package io.tidemark.control;

import io.tidemark.spi.id.SiteId;
import java.time.Duration;

/**
 * Settings of a site's control plane.
 *
 * @param site identity of this site; never changes
 * @param siteName 1 to 64 characters, for people
 * @param pairingLifetime how long an unused pairing secret is good
 * @param peerTimeout time limit of a short request to a peer
 * @param hypervisorTimeout time limit of a short call to a hypervisor
 * @param shutdownTimeout how long a source VM may take to shut down
 * @param promoteTimeout time limit of copying one recovered VM to the target's storage
 * @param tagTimeout how long a tagged checkpoint may take to become durable
 * @param heartbeatInterval how often peers are asked how they are; a peer that misses three in a row counts as unreachable
 * @param ageingInterval how often journals are aged
 * @param retryDelay pause before a step of a clean-up or a commit is tried again
 */
public record ControlSettings(
        SiteId site,
        String siteName,
        Duration pairingLifetime,
        Duration peerTimeout,
        Duration hypervisorTimeout,
        Duration shutdownTimeout,
        Duration promoteTimeout,
        Duration tagTimeout,
        Duration heartbeatInterval,
        Duration ageingInterval,
        Duration retryDelay) {

    public ControlSettings {
        if (siteName.isBlank() || siteName.length() > 64) {
            throw new IllegalArgumentException("a site's name has 1 to 64 characters, got '" + siteName + "'");
        }
        positive("pairingLifetime", pairingLifetime);
        positive("peerTimeout", peerTimeout);
        positive("hypervisorTimeout", hypervisorTimeout);
        positive("shutdownTimeout", shutdownTimeout);
        positive("promoteTimeout", promoteTimeout);
        positive("tagTimeout", tagTimeout);
        positive("heartbeatInterval", heartbeatInterval);
        positive("ageingInterval", ageingInterval);
        positive("retryDelay", retryDelay);
    }

    /** The defaults that suit a site of any size. */
    public static ControlSettings defaults(SiteId site, String siteName) {
        return new ControlSettings(
                site,
                siteName,
                Duration.ofHours(24),
                Duration.ofSeconds(15),
                Duration.ofSeconds(60),
                Duration.ofMinutes(5),
                Duration.ofHours(24),
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                Duration.ofMinutes(1),
                Duration.ofSeconds(15));
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " must be longer than zero, got " + value);
        }
    }
}
