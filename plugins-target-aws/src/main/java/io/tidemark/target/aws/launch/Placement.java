package io.tidemark.target.aws.launch;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.target.aws.client.AwsConfig;
import io.tidemark.target.aws.client.Settings;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where and how one VM is brought back: the target's settings, and what an operator wants otherwise for this VM.
 *
 * @param instanceType empty: chosen by memory and processors
 * @param privateIp empty: any of the subnet
 * @param userData empty: none
 */
public record Placement(
        String subnet,
        List<String> securityGroups,
        Optional<String> privateIp,
        Optional<String> instanceType,
        Optional<String> userData,
        Map<String, String> tags,
        String bootMode) {
    public static final ConfigSpec SPEC = new ConfigSpec(List.of(
            Settings.optional("instance-type", "Instance type. Default: the smallest allowed one that fits.", ""),
            Settings.optional("live.subnet", "Subnet in a live recovery. Default: the target's.", ""),
            Settings.optional(
                    "live.security-groups", "Security groups there, comma separated. Default: the target's.", ""),
            Settings.optional("live.private-ip", "IPv4 address there. Default: any free one.", ""),
            Settings.optional("test.subnet", "Subnet in a failover test. Default: the target's.", ""),
            Settings.optional(
                    "test.security-groups", "Security groups there, comma separated. Default: the target's.", ""),
            Settings.optional("test.private-ip", "IPv4 address there. Default: any free one.", ""),
            Settings.optional("user-data", "User data of the instance, plain text, at most 16 KiB. Default: none.", ""),
            Settings.optional("tags", "More tags for what is made, name=value, comma separated.", ""),
            Settings.optional(
                    "boot-mode", "Firmware: legacy-bios, uefi or uefi-preferred. Default: the target's.", "")));

    public Placement {
        securityGroups = List.copyOf(securityGroups);
        tags = Map.copyOf(tags);
    }

    /** @param wanted by keys of {@link #SPEC} */
    public static Placement of(AwsConfig config, Purpose purpose, Map<String, String> wanted) throws ProviderException {
        Settings settings = new Settings("The placement of a VM", new ProviderConfig(wanted));
        for (String key : wanted.keySet()) {
            if (SPEC.keys().stream().noneMatch(each -> each.name().equals(key))) {
                throw settings.refused(key, "there is no such setting of a placement");
            }
        }
        String prefix = purpose == Purpose.TEST ? "test." : "live.";
        AwsConfig.Network network = purpose == Purpose.TEST ? config.test() : config.live();
        List<String> groups = settings.list(prefix + "security-groups");
        Optional<String> subnet = settings.text(prefix + "subnet");
        return new Placement(
                subnet.orElse(network.subnet()),
                // Groups belong to a VPC: those of the target need not fit another subnet.
                groups.isEmpty() && subnet.isEmpty() ? network.securityGroups() : groups,
                settings.text(prefix + "private-ip"),
                settings.text("instance-type"),
                settings.text("user-data"),
                settings.pairs("tags"),
                settings.choice("boot-mode", config.bootMode(), AwsConfig.BOOT_MODES));
    }
}
