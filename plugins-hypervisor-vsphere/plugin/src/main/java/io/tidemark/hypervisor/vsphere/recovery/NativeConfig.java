package io.tidemark.hypervisor.vsphere.recovery;

import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.recovery.VmSpec.Slot;
import io.tidemark.hypervisor.vsphere.vim.XmlNode;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.site.VmHardware;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is known about a VM beyond the neutral hardware: everything when it comes from a vCenter, defaults when it comes from elsewhere. */
final class NativeConfig {
    private static final String PARAVIRTUAL = "ParaVirtualSCSIController";
    private static final Pattern POSITION = Pattern.compile("(scsi|sata|nvme|ide)(\\d{1,2}):(\\d{1,3})");
    private static final int DISKS_PER_SCSI_BUS = 15;
    /** The unit at which a SCSI controller itself sits. */
    private static final int CONTROLLER_UNIT = 7;

    private final XmlNode document;

    private NativeConfig(XmlNode document) {
        this.document = document;
    }

    static NativeConfig of(VmHardware hardware) throws ProviderException {
        Optional<String> text = hardware.nativeDefinition()
                .filter(each -> each.format().equals(VsphereVm.NATIVE_FORMAT))
                .map(VmHardware.NativeDefinition::document);
        if (text.isEmpty()) {
            return new NativeConfig(new XmlNode("config", "", "", List.of()));
        }
        try {
            return new NativeConfig(XmlNode.parse(text.get()));
        } catch (IOException damaged) {
            throw new ProviderException(
                    FailureKind.CORRUPT,
                    "The captured definition of the VM cannot be read",
                    String.valueOf(damaged.getMessage()),
                    "Choose another checkpoint.",
                    damaged);
        }
    }

    String guestId() {
        return document.value("guestId").orElse("otherGuest64");
    }

    Optional<String> firmware() {
        return document.value("firmware");
    }

    Optional<String> version() {
        return document.value("version");
    }

    Optional<Long> coresPerSocket() {
        OptionalLong cores = document.number("numCoresPerSocket");
        return cores.isPresent() && cores.getAsLong() > 0 ? Optional.of(cores.getAsLong()) : Optional.empty();
    }

    /** Settings that the guest reads about itself. */
    Map<String, String> guestSettings() {
        Map<String, String> settings = new HashMap<>();
        for (XmlNode option : document.children("extraConfig")) {
            option.value("key")
                    .ifPresent(key -> settings.put(key, option.value("value").orElse("")));
        }
        return settings;
    }

    /** Where each disk hangs: where it hung at its origin, or, for one of another hypervisor, at a free place of a paravirtual controller. */
    List<Slot> slots(List<String> devices) {
        Map<String, String> controllers = new HashMap<>();
        document.children("disk")
                .forEach(disk -> controllers.put(
                        disk.value("position").orElse(""),
                        disk.value("controllerType").orElse("")));
        Set<Slot> taken = new HashSet<>();
        return devices.stream()
                .map(device -> {
                    Slot slot = known(device, controllers)
                            .filter(each -> !taken.contains(each))
                            .orElseGet(() -> free(taken));
                    taken.add(slot);
                    return slot;
                })
                .toList();
    }

    private static Optional<Slot> known(String device, Map<String, String> controllers) {
        Matcher position = POSITION.matcher(device);
        if (!position.matches()) {
            return Optional.empty();
        }
        String type = controllers.getOrDefault(device, "");
        if (type.isEmpty()) {
            type = switch (position.group(1)) {
                case "sata" -> "VirtualAHCIController";
                case "nvme" -> "VirtualNVMEController";
                case "ide" -> "VirtualIDEController";
                default -> PARAVIRTUAL;
            };
        }
        return Optional.of(new Slot(type, Integer.parseInt(position.group(2)), Integer.parseInt(position.group(3))));
    }

    private static Slot free(Set<Slot> taken) {
        for (int number = 0; ; number++) {
            int unit = number % DISKS_PER_SCSI_BUS;
            Slot slot = new Slot(PARAVIRTUAL, number / DISKS_PER_SCSI_BUS, unit < CONTROLLER_UNIT ? unit : unit + 1);
            if (!taken.contains(slot)) {
                return slot;
            }
        }
    }
}
