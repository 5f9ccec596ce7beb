package io.tidemark.spi.id;

/** Identity of one virtual disk of a VM, stable across restarts; unique within a site (by convention {@code <vm>/<device>}). */
public record VolumeId(String value) {
    public VolumeId {
        if (value.isBlank()) {
            throw new IllegalArgumentException("VolumeId must not be blank");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
