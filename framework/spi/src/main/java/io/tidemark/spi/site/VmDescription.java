package io.tidemark.spi.site;

import io.tidemark.spi.id.VmId;
import java.util.List;

/**
 * A VM as its hypervisor describes it.
 *
 * @param volumes disks that can be protected, in bus order
 * @param skipped drives that are never protected, each with the reason
 */
public record VmDescription(
        VmId id,
        String name,
        PowerState power,
        VmHardware hardware,
        List<VolumeDescription> volumes,
        List<SkippedDrive> skipped,
        List<NicDescription> nics) {
    public VmDescription {
        volumes = List.copyOf(volumes);
        skipped = List.copyOf(skipped);
        nics = List.copyOf(nics);
    }

    /**
     * A drive that is not protected.
     *
     * @param device the hypervisor's name of it, for example {@code sda}
     * @param reason for people, for example "CD/DVD drive: never protected"
     */
    public record SkippedDrive(String device, String reason) {}

    /**
     * A network card.
     *
     * @param network the hypervisor's name of the network it is plugged into
     */
    public record NicDescription(String mac, String network, String model) {}
}
