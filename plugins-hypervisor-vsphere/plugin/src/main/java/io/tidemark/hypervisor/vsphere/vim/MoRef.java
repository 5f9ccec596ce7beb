package io.tidemark.hypervisor.vsphere.vim;

/**
 * Names a managed object of the vCenter.
 *
 * @param type for example {@code VirtualMachine}
 * @param value for example {@code vm-42}
 */
public record MoRef(String type, String value) {
    @Override
    public String toString() {
        return type + ":" + value;
    }
}
