package io.tidemark.hypervisor.sim;

import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VolumeDescription;
import java.util.List;

/** Descriptions of VMs that are not true. */
final class WrongInventories {
    private WrongInventories() {}

    static VmDescription withReversedVolumes(VmDescription vm) {
        return new VmDescription(
                vm.id(), vm.name(), vm.power(), vm.hardware(), vm.volumes().reversed(), vm.skipped(), vm.nics());
    }

    static VmDescription withSaltedVolumes(VmDescription vm, long salt) {
        List<VolumeDescription> salted = vm.volumes().stream()
                .map(volume -> new VolumeDescription(
                        new VolumeId(volume.id() + "-" + salt),
                        volume.device(),
                        volume.sizeBytes(),
                        volume.format(),
                        volume.location()))
                .toList();
        return new VmDescription(vm.id(), vm.name(), vm.power(), vm.hardware(), salted, vm.skipped(), vm.nics());
    }
}
