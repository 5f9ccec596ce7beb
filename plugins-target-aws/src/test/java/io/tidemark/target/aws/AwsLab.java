package io.tidemark.target.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.recovery.PreStaging;
import io.tidemark.spi.recovery.RecoverySite;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.target.aws.peers.CloudGateway;
import io.tidemark.target.aws.peers.Moto;
import io.tidemark.target.aws.peers.StrictEbs;
import io.tidemark.tck.hypervisor.TckProviderContext;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.ebs.EbsClient;
import software.amazon.awssdk.services.ebs.model.Block;
import software.amazon.awssdk.services.ec2.Ec2Client;

/** A region with two VPCs, an AWS target that is open on it, and a way around the target to look at what is there. */
final class AwsLab implements AutoCloseable {
    static final String KEY = "AKIATIDEMARK";
    static final Duration TIME_LIMIT = Duration.ofSeconds(60);

    private final Moto moto = Moto.start();
    private final CloudGateway gateway = new CloudGateway(moto);
    private final Path folder = Files.createTempDirectory(Path.of("/tmp"), "tm-aws-");
    private final NbdBlockNetwork network = new NbdBlockNetwork(Files.createDirectory(folder.resolve("nbd")));
    private final Ec2Client ec2 = Ec2Client.builder()
            .endpointOverride(URI.create(moto.uri()))
            .region(Region.of(Moto.REGION))
            .credentialsProvider(credentials())
            .build();
    /** Goes to the fake, whose faults are off whenever a test looks. */
    private final EbsClient ebs = EbsClient.builder()
            .endpointOverride(URI.create(gateway.uri()))
            .region(Region.of(Moto.REGION))
            .credentialsProvider(credentials())
            .build();

    private final Place live = place("10.1.0.0/16", "10.1.7.0/24");
    private final Place test = place("10.2.0.0/16", "10.2.7.0/24");
    private Path state = Files.createDirectory(folder.resolve("state"));
    private RecoverySite site;

    /** A subnet with a security group of its VPC. */
    record Place(String vpc, String subnet, String group) {}

    AwsLab() throws Exception {
        site = open();
    }

    private static StaticCredentialsProvider credentials() {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(KEY, "secret"));
    }

    private Place place(String range, String part) {
        String vpc = ec2.createVpc(request -> request.cidrBlock(range)).vpc().vpcId();
        String subnet = ec2.createSubnet(request -> request.vpcId(vpc).cidrBlock(part))
                .subnet()
                .subnetId();
        String group = ec2.createSecurityGroup(
                        request -> request.vpcId(vpc).groupName("tidemark").description("for tests"))
                .groupId();
        return new Place(vpc, subnet, group);
    }

    /** The settings of the target. */
    ProviderConfig config(Map<String, String> others) {
        Map<String, String> values = new HashMap<>(Map.ofEntries(
                Map.entry("region", Moto.REGION),
                Map.entry("endpoint", gateway.uri()),
                Map.entry("access-key-id", KEY),
                Map.entry("secret-access-key", "secret"),
                Map.entry("live.subnet", live.subnet()),
                Map.entry("live.security-groups", live.group()),
                Map.entry("test.subnet", test.subnet()),
                Map.entry("test.security-groups", test.group()),
                Map.entry("tags", "team=dr,cost-center=7"),
                Map.entry("settle-timeout", "PT0S"),
                Map.entry("max-attempts", "1")));
        values.putAll(others);
        return new ProviderConfig(values);
    }

    private RecoverySite open() throws ProviderException {
        return open(Map.of());
    }

    private RecoverySite open(Map<String, String> others) throws ProviderException {
        return (RecoverySite) new AwsTargetFactory()
                .open(config(others), new TckProviderContext("aws-test", state, network), deadline());
    }

    /** As after kill -9: nothing is known any more but what is in the state folder. */
    RecoverySite restart() throws ProviderException {
        return restart(Map.of());
    }

    RecoverySite restart(Map<String, String> others) throws ProviderException {
        site.close();
        gateway.faults().none();
        site = open(others);
        return site;
    }

    /** As after the loss of the machine: not even the state folder is there. */
    RecoverySite restartElsewhere() throws Exception {
        state = Files.createTempDirectory(folder, "state-");
        return restart();
    }

    RecoverySite site() {
        return site;
    }

    PreStaging staging() {
        return site.preStaging().orElseThrow();
    }

    RecoveryTarget target() {
        return site.recoveryTarget().orElseThrow();
    }

    CloudGateway gateway() {
        return gateway;
    }

    StrictEbs fake() {
        return gateway.ebs();
    }

    Moto moto() {
        return moto;
    }

    Ec2Client ec2() {
        return ec2;
    }

    NbdBlockNetwork network() {
        return network;
    }

    Place live() {
        return live;
    }

    Place test() {
        return test;
    }

    Path uploads() {
        return state.resolve("uploads");
    }

    static Deadline deadline() {
        return Deadline.after(TIME_LIMIT);
    }

    /** Reads all of a snapshot as anybody may, and compares it with what a volume should hold: zeroes behind it. */
    void assertHolds(byte[] expected, String snapshot) {
        int blocks = (expected.length + StrictEbs.BLOCK_BYTES - 1) / StrictEbs.BLOCK_BYTES;
        byte[] padded = Arrays.copyOf(expected, blocks * StrictEbs.BLOCK_BYTES);
        byte[] found = read(snapshot, padded.length);
        int at = Arrays.mismatch(padded, found);
        assertEquals(-1, at, () -> "snapshot " + snapshot + ": first difference at byte " + at);
    }

    private byte[] read(String snapshot, int length) {
        byte[] found = new byte[length];
        String token = null;
        do {
            String page = token;
            var list = ebs.listSnapshotBlocks(
                    request -> request.snapshotId(snapshot).nextToken(page));
            for (Block block : list.blocks()) {
                byte[] bytes = ebs.getSnapshotBlockAsBytes(request -> request.snapshotId(snapshot)
                                .blockIndex(block.blockIndex())
                                .blockToken(block.blockToken()))
                        .asByteArray();
                int offset = block.blockIndex() * StrictEbs.BLOCK_BYTES;
                assertTrue(offset + bytes.length <= length, "a block beyond the end of the volume");
                System.arraycopy(bytes, 0, found, offset, bytes.length);
            }
            token = list.nextToken();
        } while (token != null);
        return found;
    }

    @Override
    public void close() throws Exception {
        site.close();
        ebs.close();
        ec2.close();
        gateway.close();
        moto.close();
        network.killExports();
        removeFolder();
    }

    private void removeFolder() throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        }
    }
}
