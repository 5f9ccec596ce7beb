package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;

/** Words for what goes wrong: turns libvirt's error numbers into kinds that decide policy, and says what to do. */
final class KvmFailures {
    static final String PACKAGES =
            "qemu-system-x86 qemu-utils libvirt-daemon-system libvirt-daemon-driver-qemu libvirt-clients";

    private KvmFailures() {}

    static ProviderException rejected(String happened, String why, String remedy) {
        return new ProviderException(FailureKind.REJECTED, happened, why, remedy);
    }

    static ProviderException noSuchVm(VmId vm) {
        return rejected(
                "VM " + vm + " was not found",
                "libvirt has no domain with that UUID",
                "List the VMs of the site and choose one of them.");
    }

    static ProviderException closed() {
        return new ProviderException(
                FailureKind.UNREACHABLE,
                "The KVM site does not answer",
                "this instance was closed",
                "Open the site again.");
    }

    static ProviderException tooLate(String what, Duration remaining) {
        return new ProviderException(
                FailureKind.RETRY_LATER,
                what + " did not end in time",
                remaining.isZero() ? "its deadline passed" : "it was given up",
                "Look whether libvirtd and QEMU on this host are overloaded or hang (journalctl -u libvirtd), then try again.");
    }

    static ProviderException ofLibvirt(String what, LibvirtException failure) {
        org.libvirt.@Nullable Error error = failure.getError();
        ErrorNumber code = error == null ? null : error.getCode();
        String why = reason(failure, error);
        if (code == null) {
            return new ProviderException(FailureKind.RETRY_LATER, what + " failed", why, lookAtLibvirt(why), failure);
        }
        return switch (code) {
            case VIR_ERR_NO_DOMAIN ->
                new ProviderException(
                        FailureKind.REJECTED, what + " failed", why, "List the VMs and choose one of them.", failure);
            case VIR_ERR_RPC,
                    VIR_ERR_NO_CONNECT,
                    VIR_ERR_INVALID_CONN,
                    VIR_ERR_SYSTEM_ERROR,
                    VIR_ERR_AUTH_UNAVAILABLE,
                    VIR_ERR_NO_SERVER ->
                new ProviderException(
                        FailureKind.UNREACHABLE,
                        what + " failed",
                        why,
                        "Check that libvirtd runs (systemctl status libvirtd, or as root: virtlogd -d; libvirtd -d).",
                        failure);
            case VIR_ERR_DOM_EXIST, VIR_ERR_BLOCK_COPY_ACTIVE, VIR_ERR_OPERATION_INVALID ->
                new ProviderException(FailureKind.CONFLICT, what + " failed", why, lookAtLibvirt(why), failure);
            case VIR_ERR_NO_SUPPORT, VIR_ERR_OPERATION_UNSUPPORTED, VIR_ERR_CONFIG_UNSUPPORTED ->
                new ProviderException(
                        FailureKind.UNSUPPORTED,
                        what + " failed",
                        why,
                        "Use libvirt 9.0 and QEMU 7.2 or newer.",
                        failure);
            case VIR_ERR_XML_ERROR, VIR_ERR_INVALID_ARG, VIR_ERR_AUTH_FAILED, VIR_ERR_OPERATION_DENIED ->
                new ProviderException(FailureKind.REJECTED, what + " failed", why, lookAtLibvirt(why), failure);
            default ->
                new ProviderException(FailureKind.RETRY_LATER, what + " failed", why, lookAtLibvirt(why), failure);
        };
    }

    /** Whether libvirt positively says that the domain does not exist. */
    static boolean saysNoDomain(LibvirtException failure) {
        org.libvirt.@Nullable Error error = failure.getError();
        return error != null && error.getCode() == ErrorNumber.VIR_ERR_NO_DOMAIN;
    }

    static ProviderException nativeLibraryMissing(UnsatisfiedLinkError missing) {
        return new ProviderException(
                FailureKind.REJECTED,
                "The KVM site was not opened",
                "the native library of libvirt is not installed (" + firstLine(missing.getMessage()) + ")",
                "As root: apt-get install " + PACKAGES,
                missing);
    }

    private static String reason(LibvirtException failure, org.libvirt.@Nullable Error error) {
        String message = error == null ? failure.getMessage() : error.getMessage();
        String line = firstLine(message);
        return line.isBlank() ? "libvirt gave no reason" : line;
    }

    static String firstLine(@Nullable String text) {
        if (text == null) {
            return "";
        }
        String line = text.strip().lines().findFirst().orElse("");
        return line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
    }

    private static String lookAtLibvirt(String why) {
        if (why.contains("Permission denied")) {
            return "QEMU's user may not reach that path, or its AppArmor profile forbids it; the section on permissions in the"
                    + " plugin's README says what to allow.";
        }
        return "The log of the VM's QEMU is in /var/log/libvirt/qemu, that of libvirt in `journalctl -u libvirtd`.";
    }
}
