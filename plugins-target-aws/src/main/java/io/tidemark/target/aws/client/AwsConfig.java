package io.tidemark.target.aws.client;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.ProviderConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The settings of one target.
 *
 * @param live where VMs of a live recovery are plugged in unless their placement says otherwise
 * @param test the same for tests
 * @param instanceTypes allowed for the automatic choice
 * @param encryptionKey empty: as the account's default says; {@link #ACCOUNT_KEY}; or a key's ARN
 * @param tags put on everything in addition
 * @param parallelBlocks blocks on their way at once, at most
 * @param settleLimit how long AWS may take to see what it just made
 * @param nothingBoots whether this is an emulator that runs no guests
 */
public record AwsConfig(
        Access access,
        Network live,
        Network test,
        List<String> instanceTypes,
        String volumeType,
        Optional<String> encryptionKey,
        Map<String, String> tags,
        String bootMode,
        Duration cadence,
        int parallelBlocks,
        Duration settleLimit,
        boolean nothingBoots) {
    /** Encrypt with the account's own EBS key. */
    public static final String ACCOUNT_KEY = "aws/ebs";

    public static final List<String> BOOT_MODES = List.of("legacy-bios", "uefi", "uefi-preferred");
    private static final List<String> VOLUME_TYPES = List.of("gp3", "gp2");
    private static final String DEFAULT_TYPES =
            "t3.micro,t3.small,t3.medium,t3.large,m5.large,m5.xlarge,m5.2xlarge,m5.4xlarge,"
                    + "m5.8xlarge,m5.16xlarge,c5.large,c5.xlarge,c5.2xlarge,c5.4xlarge,c5.9xlarge,"
                    + "r5.large,r5.xlarge,r5.2xlarge,r5.4xlarge,r5.8xlarge,r5.16xlarge,r5.24xlarge";

    public static final ConfigSpec SPEC = new ConfigSpec(keys());

    public AwsConfig {
        instanceTypes = List.copyOf(instanceTypes);
        tags = Map.copyOf(tags);
    }

    /**
     * A place in a VPC.
     *
     * @param securityGroups empty: the VPC's default group
     */
    public record Network(String subnet, List<String> securityGroups) {
        public Network {
            securityGroups = List.copyOf(securityGroups);
        }
    }

    private static List<ConfigSpec.Key> keys() {
        List<ConfigSpec.Key> keys = new ArrayList<>(Settings.ACCESS_KEYS);
        keys.add(Settings.required("live.subnet", "Subnet of VMs of a live recovery, subnet-…."));
        keys.add(Settings.optional(
                "live.security-groups",
                "Their security groups, comma separated. Default: the VPC's default group.",
                ""));
        keys.add(Settings.required(
                "test.subnet", "Subnet of VMs of a failover test; its VPC must not be that of live.subnet."));
        keys.add(Settings.optional(
                "test.security-groups",
                "Their security groups, comma separated. Default: the VPC's default group.",
                ""));
        keys.add(Settings.optional(
                "instance-types",
                "Types to choose from, comma separated: the smallest with enough memory and processors is taken.",
                DEFAULT_TYPES));
        keys.add(Settings.optional("volume-type", "EBS type of recovered volumes: gp3 or gp2.", "gp3"));
        keys.add(Settings.optional(
                "encryption-key",
                "KMS key ARN for snapshots and volumes, or aws/ebs. Default: as the account's default encryption says.",
                ""));
        keys.add(Settings.optional("tags", "Tags for everything that is made, name=value, comma separated.", ""));
        keys.add(Settings.optional(
                "boot-mode", "Firmware of recovered VMs: legacy-bios, uefi or uefi-preferred.", "uefi-preferred"));
        keys.add(Settings.optional("cadence", "How often each volume is staged, ISO 8601, PT1M to P1D.", "PT15M"));
        keys.add(Settings.optional("parallel-blocks", "Blocks of 512 KiB on their way at once, 1 to 256.", "64"));
        keys.add(Settings.optional(
                "settle-timeout", "How long AWS may take to see what it just made, ISO 8601, PT0S to PT10M.", "PT2M"));
        keys.add(Settings.optional(
                "guests-never-write",
                "true for an emulator on which nothing boots: disks of started VMs can then be read back. Never true on AWS.",
                "false"));
        return keys;
    }

    public static AwsConfig of(ProviderConfig config) throws ProviderException {
        Settings settings = new Settings("The AWS target", config);
        Optional<String> key = settings.text("encryption-key");
        if (key.isPresent() && !key.get().equals(ACCOUNT_KEY) && !key.get().startsWith("arn:")) {
            throw settings.refused("encryption-key", "'" + key.get() + "' is neither aws/ebs nor the ARN of a KMS key");
        }
        List<String> types = settings.list("instance-types");
        AwsConfig made = new AwsConfig(
                settings.access(),
                network(settings, "live"),
                network(settings, "test"),
                types.isEmpty() ? List.of(DEFAULT_TYPES.split(",")) : types,
                settings.choice("volume-type", "gp3", VOLUME_TYPES),
                key,
                settings.pairs("tags"),
                settings.choice("boot-mode", "uefi-preferred", BOOT_MODES),
                settings.duration("cadence", "PT15M", Duration.ofMinutes(1), Duration.ofDays(1)),
                settings.number("parallel-blocks", 64, 1, 256),
                settings.duration("settle-timeout", "PT2M", Duration.ZERO, Duration.ofMinutes(10)),
                settings.choice("guests-never-write", "false", List.of("true", "false"))
                        .equals("true"));
        if (made.live.subnet().equals(made.test.subnet())) {
            throw settings.refused("test.subnet", "it is live.subnet: a test would run beside production");
        }
        for (String name : made.tags.keySet()) {
            if (name.startsWith("tidemark:") || name.startsWith("aws:")) {
                throw settings.refused("tags", "the tag " + name + " is reserved");
            }
        }
        return made;
    }

    private static Network network(Settings settings, String purpose) throws ProviderException {
        String subnet = settings.require(purpose + ".subnet");
        if (!subnet.startsWith("subnet-")) {
            throw settings.refused(purpose + ".subnet", "'" + subnet + "' does not begin with subnet-");
        }
        return new Network(subnet, settings.list(purpose + ".security-groups"));
    }
}
