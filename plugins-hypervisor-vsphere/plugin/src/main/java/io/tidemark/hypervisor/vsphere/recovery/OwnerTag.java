package io.tidemark.hypervisor.vsphere.recovery;

import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.spi.id.OperationId;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Says that a VM is ours, which operation it was made for, and what it is. Kept in the VM's own configuration, so that it is there from
 * the VM's first moment on.
 */
public record OwnerTag(OperationId operation, Role role) {
    private static final String OPERATION = "tidemark.operation";
    private static final String ROLE = "tidemark.role";

    /** What a VM of ours is. */
    public enum Role {
        RECOVERED,
        PROMOTED,
        SAMPLE
    }

    public static Optional<OwnerTag> of(VsphereVm vm) {
        String operation = vm.extraConfig().get(OPERATION);
        String role = vm.extraConfig().get(ROLE);
        if (operation == null || role == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(new OwnerTag(OperationId.parse(operation), Role.valueOf(role.toUpperCase(Locale.ROOT))));
        } catch (IllegalArgumentException foreign) {
            // Somebody edited it: whatever it is, it is not certainly ours.
            return Optional.empty();
        }
    }

    /** Settings of the VM that carry the tag. */
    public Map<String, String> settings() {
        return Map.of(OPERATION, operation.toString(), ROLE, role.name().toLowerCase(Locale.ROOT));
    }

    /** For people, in the vCenter's list of attributes. */
    String forPeople() {
        return switch (role) {
            case RECOVERED -> "recovered by operation " + operation + ", removed with it";
            case PROMOTED -> "recovered by operation " + operation + ", kept";
            case SAMPLE -> "sample VM of operation " + operation;
        };
    }
}
