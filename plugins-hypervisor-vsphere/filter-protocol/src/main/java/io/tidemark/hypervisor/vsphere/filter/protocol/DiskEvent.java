package io.tidemark.hypervisor.vsphere.filter.protocol;

/**
 * Something that happened to a disk, at its place in the order of writes.
 *
 * @param value what the kind says; 0 otherwise
 */
public record DiskEvent(Kind kind, long value) {
    /** The order is the wire's. */
    public enum Kind {
        /** The VM runs from here on. */
        POWER_ON,
        /** The VM has no power from here on; all that it wrote came before. */
        POWER_OFF,
        /** The contents at this point are those of a snapshot; the value is its change-tracking sequence. */
        SNAPSHOT,
        /** The disk was grown; the value is its size in bytes. */
        RESIZED
    }
}
