package io.tidemark.tck.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VolumeDescription;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The inventory tells the truth about VMs and disks, and never mistakes silence for absence. Boots two VMs. */
public abstract class InventoryContract extends HypervisorContract {
    private static final long LARGE_DISK_BYTES = 2 * SMALL_DISK_BYTES;

    @SuppressWarnings("NullAway.Init") // set before the first test
    private BootedVm vm;

    @BeforeAll
    final void bootVm() throws Exception {
        vm = boot("inventory", LARGE_DISK_BYTES, SMALL_DISK_BYTES);
        boot("another", SMALL_DISK_BYTES); // made later, but first in name order
    }

    @Test
    void describesARunningVm() throws Exception {
        VmDescription found = describe(vm.id());
        assertEquals(vm.id(), found.id());
        assertEquals(nameOf("inventory"), found.name());
        assertEquals(PowerState.RUNNING, found.power());
        assertTrue(found.hardware().memoryBytes() > 0, "memory");
        assertTrue(found.hardware().processors() >= 1, "processors");
        found.hardware()
                .nativeDefinition()
                .ifPresent(definition -> assertFalse(
                        definition.format().isBlank() || definition.document().isBlank(), "empty native definition"));
    }

    @Test
    void volumesAreTheDisksInOrder() throws Exception {
        List<VolumeDescription> volumes = describe(vm.id()).volumes();
        assertEquals(
                List.of(LARGE_DISK_BYTES, SMALL_DISK_BYTES),
                volumes.stream().map(VolumeDescription::sizeBytes).toList());
        for (VolumeDescription volume : volumes) {
            assertFalse(volume.device().isBlank() || volume.format().isBlank(), () -> "blank text in " + volume);
        }
        assertEquals(
                2, volumes.stream().map(VolumeDescription::device).distinct().count(), "devices are distinct");
    }

    @Test
    void skippedDrivesHaveAReasonAndAreNoVolumes() throws Exception {
        VmDescription found = describe(vm.id());
        for (VmDescription.SkippedDrive skipped : found.skipped()) {
            assertFalse(skipped.reason().isBlank(), () -> "no reason for " + skipped.device());
            assertTrue(
                    found.volumes().stream().noneMatch(volume -> volume.device().equals(skipped.device())),
                    () -> skipped.device() + " is skipped and a volume");
        }
    }

    @Test
    void listIsInNameOrderAndAgreesWithFind() throws Exception {
        List<VmDescription> all = site().inventory().list(deadline());
        List<String> names = all.stream().map(VmDescription::name).toList();
        assertEquals(names.stream().sorted(Comparator.naturalOrder()).toList(), names);
        Optional<VmDescription> listed =
                all.stream().filter(each -> each.id().equals(vm.id())).findFirst();
        assertEquals(Optional.of(describe(vm.id())), listed);
    }

    @Test
    void idsAreUniqueOnTheSite() throws Exception {
        Set<VmId> vms = new HashSet<>();
        Set<VolumeId> volumes = new HashSet<>();
        for (VmDescription each : site().inventory().list(deadline())) {
            assertTrue(vms.add(each.id()), () -> "VM " + each.id() + " is listed twice");
            for (VolumeDescription volume : each.volumes()) {
                assertTrue(volumes.add(volume.id()), () -> "volume " + volume.id() + " is listed twice");
            }
        }
    }

    @Test
    void unknownVmIsPositivelyAbsent() throws Exception {
        VmId nobody = new VmId(UUID.randomUUID().toString());
        assertEquals(Optional.empty(), site().inventory().find(nobody, deadline()));
    }

    @Test
    void vmsAndIdsSurviveAReopen() throws Exception {
        VmDescription before = describe(vm.id());
        reopenSite();
        assertEquals(before, describe(vm.id()));
        vm.reconnected(sampleVms().connect(vm.id(), deadline()));
    }

    @Test
    void closedSiteRefusesInsteadOfListingNothing() throws Exception {
        HypervisorSite closed = site();
        closed.close();
        try {
            FailureKind[] kinds = {FailureKind.UNREACHABLE, FailureKind.REJECTED, FailureKind.RETRY_LATER};
            assertRefused(() -> closed.inventory().list(deadline()), kinds);
            assertRefused(() -> closed.inventory().find(vm.id(), deadline()), kinds);
        } finally {
            reopenSite();
            vm.reconnected(sampleVms().connect(vm.id(), deadline()));
        }
    }

    @Test
    void unreachableIsAnExceptionNeverEmpty() throws Exception {
        HypervisorSubject.FarEndSwitch farEnd =
                offered(subject().farEndSwitch(), "the subject cannot cut the connection");
        farEnd.cut();
        try {
            assertRefused(() -> site().inventory().list(deadline()), FailureKind.UNREACHABLE, FailureKind.RETRY_LATER);
            assertRefused(
                    () -> site().inventory().find(vm.id(), deadline()),
                    FailureKind.UNREACHABLE,
                    FailureKind.RETRY_LATER);
        } finally {
            farEnd.restore();
        }
        reopenSite();
        assertEquals(vm.id(), describe(vm.id()).id());
        vm.reconnected(sampleVms().connect(vm.id(), deadline()));
    }
}
