package io.tidemark.hypervisor.vsphere.vim;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;

/** The vCenter's positive answer that a call failed. */
public final class VimFault extends Exception {
    private final String type;

    VimFault(String type, String message) {
        super(message.isBlank() ? type : type + ": " + message);
        this.type = type;
    }

    /** Name of the fault in the vim25 schema, for example {@code InvalidPowerState}; {@code Fault} when the answer names none. */
    public String type() {
        return type;
    }

    public boolean is(String wanted) {
        return type.equals(wanted);
    }

    /**
     * In the SPI's words.
     *
     * @param what what was being done, as the beginning of a sentence
     */
    public ProviderException toProviderException(String what) {
        return new ProviderException(kind(), what + " failed", "the vCenter answered " + getMessage(), remedy(), this);
    }

    private FailureKind kind() {
        return switch (type) {
            case "InvalidLogin",
                    "NoPermission",
                    "InvalidArgument",
                    "InvalidDeviceSpec",
                    "InvalidVmConfig",
                    "InvalidName",
                    "InvalidDatastorePath",
                    "ManagedObjectNotFound",
                    "FileNotFound",
                    "NotFound",
                    "ToolsUnavailable" -> FailureKind.REJECTED;
            case "DuplicateName",
                    "AlreadyExists",
                    "FileAlreadyExists",
                    "InvalidPowerState",
                    "InvalidState",
                    "ConcurrentAccess",
                    "FileLocked",
                    "ResourceInUse" -> FailureKind.CONFLICT;
            case "NotSupported", "NotImplemented", "MethodNotFound", "InvalidType" -> FailureKind.UNSUPPORTED;
            default -> FailureKind.RETRY_LATER;
        };
    }

    private String remedy() {
        return switch (type) {
            case "InvalidLogin" -> "Correct user and password in the settings of this site.";
            case "NoPermission" -> "Give Tidemark's user the privileges that the plugin's README lists.";
            case "ToolsUnavailable" -> "Install VMware Tools in the guest, shut it down from within, or cut its power.";
            case "NotSupported", "NotImplemented", "MethodNotFound" ->
                "Use vSphere 6.5 or newer, and a licence that includes this function.";
            default -> "The task list of the vCenter and the VM's events say more.";
        };
    }
}
