package io.tidemark.target.aws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VolumeDescription;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceAttributeName;

/** Recovery of a VM of two disks: what EC2 gets, how little is written, what is kept, and that nothing is left over. */
final class RecoveryTest extends RecoveryFixture {
    @Test
    void aTestRunsWhatTheCheckpointHeldAndLeavesNothing() throws Exception {
        OperationId operation = operation();
        RecoveryVmSpec spec = lab().spec("web-1 test", Purpose.TEST, 5);
        aws().fake().takePuts();
        VmId vm = lab().create(spec, 5, operation);
        assertEquals(lab().delta(5), aws().fake().takePuts(), "blocks written beyond what was staged");
        assertEquals(List.of(vm), aws().target().list(operation, AwsLab.deadline()));
        assertEquals(PowerState.OFF, aws().site().compute().power(vm, AwsLab.deadline()));
        assertEquals(List.of(), lab().instances(operation), "nothing runs before start");
        lab().assertDisksHold(5, operation, vm);

        aws().target().start(vm, AwsLab.deadline());
        aws().target().start(vm, AwsLab.deadline());
        Instance instance = lab().instances(operation).getFirst();
        assertEquals(1, lab().instances(operation).size());
        assertEquals(aws().test().subnet(), instance.subnetId());
        assertEquals(aws().test().vpc(), instance.vpcId());
        assertEquals(
                List.of(aws().test().group()),
                instance.networkInterfaces().getFirst().groups().stream()
                        .map(group -> group.groupId())
                        .toList());
        assertEquals("t3.medium", instance.instanceTypeAsString(), "the smallest with 3 GiB and 2 processors");
        assertEquals("web-1 test", RecoveryLab.tag(instance.tags(), "Name"));
        assertEquals("dr", RecoveryLab.tag(instance.tags(), "team"));
        assertVolumesAreFromTheSnapshots(instance, 5);

        aws().target().discard(operation, AwsLab.deadline());
        aws().target().discard(operation, AwsLab.deadline());
        assertEquals(List.of(), aws().target().list(operation, AwsLab.deadline()));
        assertEquals(before, lab().everything());
    }

    @Test
    void whatNoGuestCanHaveChangedIsReadBack() throws Exception {
        OperationId operation = operation();
        VmId vm = lab().create(lab().spec("read back", Purpose.TEST, 5), 5, operation);
        assertReadsBack(vm, 5);
        aws().target().start(vm, AwsLab.deadline());
        VolumeId boot = volumesOf(vm).getFirst().id();
        ProviderException refused = assertThrows(
                ProviderException.class,
                () -> aws().site().volumeReader().orElseThrow().openLive(boot, AwsLab.deadline()));
        assertEquals(FailureKind.UNSUPPORTED, refused.kind());
        assertTrue(refused.why().contains("guest wrote"), refused::getMessage);

        aws().restart(Map.of("guests-never-write", "true"));
        assertReadsBack(vm, 5);
    }

    private List<VolumeDescription> volumesOf(VmId vm) throws ProviderException {
        return aws().site()
                .inventory()
                .find(vm, AwsLab.deadline())
                .orElseThrow()
                .volumes();
    }

    private void assertReadsBack(VmId vm, int checkpoint) throws Exception {
        List<VolumeDescription> volumes = volumesOf(vm);
        for (int disk = 0; disk < volumes.size(); disk++) {
            byte[] expected = lab().contents(disk, checkpoint);
            try (BlockDevice device = aws().site()
                    .volumeReader()
                    .orElseThrow()
                    .openLive(volumes.get(disk).id(), AwsLab.deadline())) {
                assertEquals(expected.length, device.sizeBytes(), "the true size, not the whole GiB");
                ByteBuffer read = ByteBuffer.allocate(expected.length);
                device.read(0, read);
                assertArrayEquals(expected, read.array(), "disk " + disk);
                for (BlockExtent extent : device.extents(0, device.sizeBytes())) {
                    if (extent.content() == BlockExtent.Content.ZERO) {
                        for (long at = extent.offset(); at < extent.endOffset(); at++) {
                            assertEquals(0, expected[(int) at], "claimed to be zero at " + at);
                        }
                    }
                }
            }
        }
    }

    @Test
    void aCheckpointBeforeTheStagedOneIsAsGood() throws Exception {
        OperationId operation = operation();
        VmId vm = lab().create(lab().spec("older", Purpose.TEST, 2), 2, operation);
        assertTrue(aws().fake().takePuts() <= lab().delta(2));
        lab().assertDisksHold(2, operation, vm);
        VmId exact = lab().create(lab().spec("exact", Purpose.TEST, 3), 3, operation);
        assertEquals(0, aws().fake().takePuts(), "the staged checkpoint itself needs no block");
        lab().assertDisksHold(3, operation, exact);
        assertEquals(
                new TreeSet<>(Set.of(vm.value(), exact.value())),
                aws().target().list(operation, AwsLab.deadline()).stream()
                        .map(VmId::value)
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void withoutStagingAllIsWritten() throws Exception {
        OperationId operation = operation();
        aws().fake().takePuts();
        VmId vm = aws().target().create(lab().spec("full", Purpose.TEST, 4), operation, AwsLab.deadline());
        assertEquals(lab().blocks(4), aws().fake().takePuts());
        lab().assertDisksHold(4, operation, vm);
    }

    @Test
    void aPlacementIsKeptTo() throws Exception {
        OperationId operation = operation();
        Map<String, String> placement = Map.of(
                "instance-type",
                "m5.large",
                "live.private-ip",
                "10.1.7.99",
                "user-data",
                "#!/bin/sh\necho übernommen\n",
                "tags",
                "team=web,tier=1",
                "boot-mode",
                "legacy-bios");
        VmId vm = aws().staging()
                .create(
                        lab().spec("placed", Purpose.LIVE, 4),
                        lab().origin(4, placement),
                        operation,
                        progress -> {},
                        AwsLab.deadline());
        aws().target().start(vm, AwsLab.deadline());
        Instance instance = lab().instances(operation).getFirst();
        assertEquals("m5.large", instance.instanceTypeAsString());
        assertEquals("10.1.7.99", instance.networkInterfaces().getFirst().privateIpAddress());
        assertEquals(aws().live().subnet(), instance.subnetId());
        assertEquals("web", RecoveryLab.tag(instance.tags(), "team"), "the VM's tag, not the target's");
        assertEquals("7", RecoveryLab.tag(instance.tags(), "cost-center"));
        String userData = aws().ec2()
                .describeInstanceAttribute(
                        request -> request.instanceId(instance.instanceId()).attribute(InstanceAttributeName.USER_DATA))
                .userData()
                .value();
        assertEquals(
                "#!/bin/sh\necho übernommen\n",
                new String(Base64.getDecoder().decode(userData), StandardCharsets.UTF_8));
        assertRefused(FailureKind.REJECTED, () -> aws().staging()
                .create(
                        lab().spec("wrong", Purpose.LIVE, 4),
                        lab().origin(4, Map.of("colour", "red")),
                        operation,
                        progress -> {},
                        AwsLab.deadline()));
    }

    @Test
    void whatIsCommittedStays() throws Exception {
        OperationId operation = operation();
        VmId kept = lab().create(lab().spec("kept", Purpose.LIVE, 5), 5, operation);
        VmId dropped = lab().create(lab().spec("dropped", Purpose.LIVE, 5), 5, operation);
        assertRefused(
                FailureKind.REJECTED, () -> aws().target().promote(kept, operation, progress -> {}, AwsLab.deadline()));
        aws().target().start(kept, AwsLab.deadline());
        aws().target().start(dropped, AwsLab.deadline());
        List<Double> progress = new ArrayList<>();
        aws().target().promote(kept, operation, progress::add, AwsLab.deadline());
        aws().target().promote(kept, operation, progress::add, AwsLab.deadline());
        assertEquals(1.0, progress.getLast());
        aws().target().discard(operation, AwsLab.deadline());

        assertEquals(List.of(kept), aws().target().list(operation, AwsLab.deadline()));
        Instance instance = lab().instances(operation).getFirst();
        assertEquals(1, lab().instances(operation).size());
        assertEquals("running", instance.state().nameAsString());
        assertEquals(2, instance.blockDeviceMappings().size());
        Set<String> expected = new HashSet<>(before);
        expected.add(instance.instanceId());
        expected.add(instance.networkInterfaces().getFirst().networkInterfaceId());
        instance.blockDeviceMappings()
                .forEach(mapping -> expected.add(mapping.ebs().volumeId()));
        assertEquals(
                new TreeSet<>(expected), lab().everything(), "image, template and snapshots are not needed any more");
        assertEquals(PowerState.RUNNING, aws().site().compute().power(kept, AwsLab.deadline()));
        assertRefused(FailureKind.REJECTED, () -> aws().target()
                .promote(dropped, operation, ignored -> {}, AwsLab.deadline()));
        removeByHand(instance);
        assertEquals(before, lab().everything());
    }

    @Test
    void aRecoveredVmIsAVmOfTheSite() throws Exception {
        OperationId operation = operation();
        VmId vm = lab().create(lab().spec("inventoried", Purpose.TEST, 5), 5, operation);
        VmDescription off = aws().site().inventory().find(vm, AwsLab.deadline()).orElseThrow();
        assertEquals(vm, off.id());
        assertEquals("inventoried", off.name());
        assertEquals(PowerState.OFF, off.power());
        assertEquals(2, off.volumes().size());
        Compute compute = aws().site().compute();
        compute.start(vm, AwsLab.deadline());
        VmDescription on = aws().site().inventory().find(vm, AwsLab.deadline()).orElseThrow();
        assertEquals(PowerState.RUNNING, on.power());
        assertEquals(4L << 30, on.hardware().memoryBytes(), "t3.medium");
        assertEquals(
                List.of("/dev/sda1", "/dev/sdb"),
                on.volumes().stream().map(VolumeDescription::device).toList());
        assertTrue(aws().site().inventory().list(AwsLab.deadline()).stream()
                .anyMatch(each -> each.id().equals(vm)));
        compute.shutDown(vm, AwsLab.deadline());
        compute.shutDown(vm, AwsLab.deadline());
        assertEquals(PowerState.OFF, compute.power(vm, AwsLab.deadline()));
        compute.start(vm, AwsLab.deadline());
        compute.powerOff(vm, AwsLab.deadline());
        assertEquals(PowerState.OFF, compute.power(vm, AwsLab.deadline()));
        assertEquals(1, lab().instances(operation).size());
        VmId nobody = new VmId("i-00000000000000000");
        assertTrue(aws().site().inventory().find(nobody, AwsLab.deadline()).isEmpty());
        assertRefused(FailureKind.REJECTED, () -> compute.power(nobody, AwsLab.deadline()));
        assertRefused(FailureKind.REJECTED, () -> compute.start(nobody, AwsLab.deadline()));
    }

    @Test
    void whatAnotherOperationMadeIsNotTouched() throws Exception {
        OperationId one = operation();
        OperationId other = operation();
        RecoveryVmSpec spec = lab().spec("twin", Purpose.TEST, 5);
        VmId first = lab().create(spec, 5, one);
        VmId second = lab().create(spec, 5, other);
        assertFalse(first.equals(second));
        aws().target().discard(one, AwsLab.deadline());
        assertEquals(List.of(second), aws().target().list(other, AwsLab.deadline()));
        lab().assertDisksHold(5, other, second);
        aws().target().start(second, AwsLab.deadline());
    }

    private static void assertRefused(FailureKind kind, Executable call) {
        assertEquals(kind, assertThrows(ProviderException.class, call).kind());
    }
}
