package io.tidemark.target.aws.launch;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VmDescription.NicDescription;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.spi.site.VolumeDescription;
import io.tidemark.target.aws.client.AwsClients;
import io.tidemark.target.aws.client.Tags;
import io.tidemark.target.aws.ebs.Blocks;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceNetworkInterface;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.InstanceTypeInfo;
import software.amazon.awssdk.services.ec2.model.LaunchTemplate;
import software.amazon.awssdk.services.ec2.model.LaunchTemplateBlockDeviceMapping;
import software.amazon.awssdk.services.ec2.model.ResponseLaunchTemplateData;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.Volume;

/** The region's instances, and recovered VMs that were not started yet, which are launch templates. Any thread. */
public final class Ec2Inventory implements Inventory {
    private static final String LOCATION = "EBS";

    private final Ec2Listing listing;
    private final VmLaunch launch;
    private final InstanceTypes types;

    public Ec2Inventory(AwsClients clients, AwsRecovery recovery) {
        this.listing = recovery.listing();
        this.launch = recovery.launch();
        this.types = new InstanceTypes(clients.ec2());
    }

    @Override
    public List<VmDescription> list(Deadline deadline) throws ProviderException {
        List<Instance> instances = listing.instances(List.of(), deadline).stream()
                .filter(Ec2Listing::isAlive)
                .toList();
        List<VmDescription> all = new ArrayList<>(describe(instances, deadline));
        Set<VmId> running = new HashSet<>();
        all.forEach(vm -> running.add(vm.id()));
        for (LaunchTemplate template : listing.launchTemplates(
                List.of(Filter.builder().name("tag-key").values(Tags.VM).build()), deadline)) {
            Optional<String> id = Tags.read(template.tags(), Tags.VM);
            if (id.isPresent() && running.add(new VmId(id.get()))) {
                all.add(describe(new VmId(id.get()), template, deadline));
            }
        }
        all.sort(Comparator.comparing(VmDescription::name)
                .thenComparing(vm -> vm.id().value()));
        return all;
    }

    @Override
    public Optional<VmDescription> find(VmId vm, Deadline deadline) throws ProviderException {
        Optional<Instance> instance = launch.find(vm, deadline);
        if (instance.isPresent()) {
            return describe(List.of(instance.get()), deadline).stream()
                    .filter(each -> each.id().equals(vm))
                    .findFirst();
        }
        if (!VmNames.isOurs(vm)) {
            return Optional.empty();
        }
        Optional<LaunchTemplate> template = launch.template(vm, deadline);
        return template.isPresent() ? Optional.of(describe(vm, template.get(), deadline)) : Optional.empty();
    }

    private List<VmDescription> describe(List<Instance> instances, Deadline deadline) throws ProviderException {
        if (instances.isEmpty()) {
            return List.of();
        }
        Map<String, VmHardware> hardware = hardware(
                instances.stream()
                        .map(Instance::instanceTypeAsString)
                        .distinct()
                        .toList(),
                deadline);
        Map<String, List<Volume>> volumes = new HashMap<>();
        for (Volume volume : listing.volumes(attachedTo(instances), deadline)) {
            volume.attachments()
                    .forEach(attachment -> volumes.computeIfAbsent(attachment.instanceId(), id -> new ArrayList<>())
                            .add(volume));
        }
        List<VmDescription> described = new ArrayList<>();
        for (Instance instance : instances) {
            VmId vm = idOf(instance);
            described.add(new VmDescription(
                    vm,
                    name(instance.tags(), instance.instanceId()),
                    power(instance.state().name()),
                    hardware.getOrDefault(instance.instanceTypeAsString(), unknownHardware()),
                    disks(vm, volumes.getOrDefault(instance.instanceId(), List.of())),
                    List.of(),
                    instance.networkInterfaces().stream().map(Ec2Inventory::nic).toList()));
        }
        return described;
    }

    private static List<Filter> attachedTo(List<Instance> instances) {
        // A filter takes 200 values; beyond that all volumes are listed.
        return instances.size() > 200
                ? List.of()
                : List.of(Filter.builder()
                        .name("attachment.instance-id")
                        .values(instances.stream().map(Instance::instanceId).toList())
                        .build());
    }

    private static VmId idOf(Instance instance) {
        return new VmId(Tags.read(instance.tags(), Tags.VM).orElse(instance.instanceId()));
    }

    private static String name(List<Tag> tags, String otherwise) {
        return Tags.read(tags, Tags.NAME).filter(name -> !name.isBlank()).orElse(otherwise);
    }

    private static List<VolumeDescription> disks(VmId vm, List<Volume> volumes) {
        return volumes.stream()
                .map(volume -> new VolumeDescription(
                        new VolumeId(vm + "/" + volume.attachments().getFirst().device()),
                        volume.attachments().getFirst().device(),
                        volume.size() * Blocks.GIB,
                        volume.volumeTypeAsString(),
                        LOCATION + " " + volume.volumeId()))
                .sorted(Comparator.comparing(VolumeDescription::device))
                .toList();
    }

    private static NicDescription nic(InstanceNetworkInterface nic) {
        return new NicDescription(nic.macAddress(), nic.subnetId(), "ena");
    }

    private VmDescription describe(VmId vm, LaunchTemplate template, Deadline deadline) throws ProviderException {
        ResponseLaunchTemplateData data = launch.data(template, deadline);
        List<VolumeDescription> disks = new ArrayList<>();
        for (LaunchTemplateBlockDeviceMapping mapping : data.blockDeviceMappings()) {
            disks.add(new VolumeDescription(
                    new VolumeId(vm + "/" + mapping.deviceName()),
                    mapping.deviceName(),
                    mapping.ebs().volumeSize() * Blocks.GIB,
                    mapping.ebs().volumeTypeAsString(),
                    LOCATION + ", made at the first start"));
        }
        return new VmDescription(
                vm,
                name(template.tags(), vm.value()),
                PowerState.OFF,
                hardware(List.of(data.instanceTypeAsString()), deadline)
                        .getOrDefault(data.instanceTypeAsString(), unknownHardware()),
                disks,
                List.of(),
                List.of());
    }

    private Map<String, VmHardware> hardware(List<String> names, Deadline deadline) throws ProviderException {
        Map<String, VmHardware> hardware = new HashMap<>();
        for (InstanceTypeInfo type : types.describe(names, deadline)) {
            hardware.put(
                    type.instanceTypeAsString(),
                    new VmHardware(
                            type.memoryInfo().sizeInMiB() << 20, type.vCpuInfo().defaultVCpus(), Optional.empty()));
        }
        return hardware;
    }

    /** A type that this region does not describe any more; an instance may still have it. */
    private static VmHardware unknownHardware() {
        return new VmHardware(1, 1, Optional.empty());
    }

    static PowerState power(InstanceStateName state) {
        return switch (state) {
            case RUNNING -> PowerState.RUNNING;
            // Both are on their way from or to running; EC2 has no paused guests.
            case PENDING, STOPPING -> PowerState.UNKNOWN;
            case STOPPED, SHUTTING_DOWN, TERMINATED -> PowerState.OFF;
            case UNKNOWN_TO_SDK_VERSION -> PowerState.UNKNOWN;
        };
    }
}
