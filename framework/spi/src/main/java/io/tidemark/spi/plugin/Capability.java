package io.tidemark.spi.plugin;

/**
 * One ability of a provider. Data, not types, so that the list can grow: unknown ones are ignored by an older host.
 *
 * @param name dotted lower-case words
 */
public record Capability(String name) {
    /** Attaching capture delivers the whole contents of each volume through the sink before it turns synchronous. */
    public static final Capability CAPTURE_DELIVERS_CONTENTS = new Capability("capture.delivers-contents");

    /** The recovery target keeps the writes of recovered VMs in a store of its own and needs only read-only views. */
    public static final Capability RECOVERY_OWNS_SCRATCH = new Capability("recovery.owns-scratch");

    /**
     * Creating a recovered VM copies its disks to storage of the target; the views are needed during {@code create} alone, and promotion
     * copies nothing. The host gives {@code create} a deadline that fits the size of the disks.
     */
    public static final Capability RECOVERY_COPIES_ON_CREATE = new Capability("recovery.copies-on-create");

    @Override
    public String toString() {
        return name;
    }
}
