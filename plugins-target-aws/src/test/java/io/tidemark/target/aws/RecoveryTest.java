package io.tidemark.target.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VolumeDescription;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.function.Executable;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceAttributeName;
import software.amazon.awssdk.services.ec2.model.Volume;

/** Recovery of a VM of two disks: what EC2 gets, how little is written, what is kept, and that nothing is left over. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RecoveryTest {
    private @Nullable RecoveryLab maybeLab;
    private TreeSet<String> before = new TreeSet<>();
    private final List<OperationId> operations = new ArrayList<>();

    @BeforeAll
    void makeLab() throws Exception {
        RecoveryLab made = new RecoveryLab();
        maybeLab = made;
        before = made.everything();
    }

    @AfterAll
    void closeLab() throws Exception {
        if (maybeLab != null) {
            maybeLab.close();
        }
    }

    @AfterEach
    void discardAll() throws Exception {
        aws().restart();
        for (OperationId operation : operations) {
            aws().target().discard(operation, AwsLab.deadline());
        }
        operations.clear();
    }

    private RecoveryLab lab() {
        RecoveryLab lab = maybeLab;
        if (lab == null) {
            throw new IllegalStateException("the lab was not made");
        }
        return lab;
    }

    private AwsLab aws() {
        return lab().lab();
    }

    private OperationId operation() {
        OperationId operation = OperationId.random();
        operations.add(operation);
        return operation;
    }

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
        assertEquals("web-1 test", RecoveryLab.tag(instance.tags(), "Name").replace("=20", " "));
        assertEquals("dr", RecoveryLab.tag(instance.tags(), "team"));
        assertVolumesAreFromTheSnapshots(instance, 5);

        aws().target().discard(operation, AwsLab.deadline());
        aws().target().discard(operation, AwsLab.deadline());
        assertEquals(List.of(), aws().target().list(operation, AwsLab.deadline()));
        assertEquals(before, lab().everything());
    }

    private void assertVolumesAreFromTheSnapshots(Instance instance, int checkpoint) {
        String image = instance.imageId();
        lab().assertHolds(0, checkpoint, aws().gateway().images().getOrDefault(image, "none"));
        List<Volume> data = aws().ec2()
                .describeVolumes(request -> request.volumeIds(instance.blockDeviceMappings().stream()
                        .filter(mapping -> !mapping.deviceName().equals("/dev/sda1"))
                        .map(mapping -> mapping.ebs().volumeId())
                        .toList()))
                .volumes();
        assertEquals(1, data.size());
        lab().assertHolds(1, checkpoint, data.getFirst().snapshotId());
        assertEquals(1, data.getFirst().size());
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

    /** As the owner of a promoted VM does. */
    private void removeByHand(Instance instance) {
        var ec2 = aws().ec2();
        ec2.terminateInstances(request -> request.instanceIds(instance.instanceId()));
        ec2.deleteNetworkInterface(request -> request.networkInterfaceId(
                instance.networkInterfaces().getFirst().networkInterfaceId()));
        Set<String> volumes = instance.blockDeviceMappings().stream()
                .map(mapping -> mapping.ebs().volumeId())
                .collect(Collectors.toSet());
        ec2.describeVolumes().volumes().stream()
                .filter(volume -> volumes.contains(volume.volumeId()))
                .forEach(volume -> ec2.deleteVolume(request -> request.volumeId(volume.volumeId())));
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
    void killedAfterAnyRequestOfARecoveryItGoesOn() throws Exception {
        RecoveryVmSpec spec = lab().spec("resumed", Purpose.TEST, 4);
        boolean died = true;
        int answers = 0;
        for (; died; answers++) {
            OperationId operation = operation();
            aws().gateway().faults().dieAfter(answers);
            try {
                bringUp(spec, operation);
            } catch (ProviderException killed) {
                assertTrue(aws().gateway().faults().died(), killed::toString);
            }
            died = aws().gateway().faults().died();
            if (answers % 2 == 0) {
                aws().restart();
            } else {
                aws().restartElsewhere();
            }
            VmId vm = bringUp(spec, operation);
            String when = "after a kill behind request " + answers;
            assertEquals(1, lab().instances(operation).size(), when);
            assertEquals(List.of(vm), aws().target().list(operation, AwsLab.deadline()), when);
            assertVolumesAreFromTheSnapshots(lab().instances(operation).getFirst(), 4);
            aws().target().discard(operation, AwsLab.deadline());
            assertEquals(before, lab().everything(), when);
            operations.remove(operation);
        }
        assertTrue(answers > 20, "a recovery takes more requests than " + answers);
    }

    private VmId bringUp(RecoveryVmSpec spec, OperationId operation) throws Exception {
        VmId vm = lab().create(spec, 4, operation);
        aws().target().start(vm, AwsLab.deadline());
        return vm;
    }

    @Test
    void whereverARecoveryIsKilledADiscardLeavesNothing() throws Exception {
        RecoveryVmSpec spec = lab().spec("given up", Purpose.TEST, 4);
        boolean died = true;
        for (int answers = 1; died; answers += 2) {
            OperationId operation = operation();
            aws().gateway().faults().dieAfter(answers);
            try {
                bringUp(spec, operation);
            } catch (ProviderException killed) {
                assertTrue(aws().gateway().faults().died(), killed::toString);
            }
            died = aws().gateway().faults().died();
            aws().restart();
            aws().target().discard(operation, AwsLab.deadline());
            assertEquals(before, lab().everything(), "after a kill behind request " + answers);
            operations.remove(operation);
        }
    }

    @Test
    void killedAfterAnyRequestOfACommitItIsCommittedOnce() throws Exception {
        RecoveryVmSpec spec = lab().spec("committed", Purpose.LIVE, 4);
        boolean died = true;
        for (int answers = 0; died; answers++) {
            OperationId operation = operation();
            VmId vm = bringUp(spec, operation);
            Instance instance = lab().instances(operation).getFirst();
            aws().gateway().faults().dieAfter(answers);
            try {
                aws().target().promote(vm, operation, progress -> {}, AwsLab.deadline());
            } catch (ProviderException killed) {
                assertTrue(aws().gateway().faults().died(), killed::toString);
            }
            died = aws().gateway().faults().died();
            aws().restart();
            aws().target().promote(vm, operation, progress -> {}, AwsLab.deadline());
            aws().target().discard(operation, AwsLab.deadline());
            String when = "after a kill behind request " + answers;
            assertEquals(
                    List.of(instance.instanceId()),
                    lab().instances(operation).stream()
                            .map(Instance::instanceId)
                            .toList(),
                    when);
            assertEquals(2, lab().volumes(operation).size(), when);
            removeByHand(instance);
            assertEquals(before, lab().everything(), when);
            operations.remove(operation);
        }
    }

    @Test
    void killedAfterAnyRequestOfADiscardTheRestIsDiscarded() throws Exception {
        RecoveryVmSpec spec = lab().spec("discarded", Purpose.TEST, 4);
        boolean died = true;
        for (int answers = 0; died; answers += 2) {
            OperationId operation = operation();
            bringUp(spec, operation);
            aws().gateway().faults().dieAfter(answers);
            try {
                aws().target().discard(operation, AwsLab.deadline());
            } catch (ProviderException killed) {
                assertTrue(aws().gateway().faults().died(), killed::toString);
            }
            died = aws().gateway().faults().died();
            aws().restart();
            aws().target().discard(operation, AwsLab.deadline());
            assertEquals(before, lab().everything(), "after a kill behind request " + answers);
            operations.remove(operation);
        }
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
