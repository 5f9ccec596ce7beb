package io.tidemark.spi.id;

/** Identity of a VM, given by its hypervisor and stable across restarts and renames (a UUID on most). */
public record VmId(String value) {
    public VmId {
        if (value.isBlank()) {
            throw new IllegalArgumentException("VmId must not be blank");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
