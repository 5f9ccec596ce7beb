package io.tidemark.target.aws.ebs;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsClients;
import io.tidemark.target.aws.client.AwsConfig;
import io.tidemark.target.aws.client.AwsFailures;
import io.tidemark.target.aws.client.Polling;
import io.tidemark.target.aws.client.Tags;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ebs.model.ChecksumAggregationMethod;
import software.amazon.awssdk.services.ebs.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.ebs.model.ListSnapshotBlocksResponse;
import software.amazon.awssdk.services.ebs.model.StartSnapshotRequest;
import software.amazon.awssdk.services.ebs.model.StartSnapshotResponse;
import software.amazon.awssdk.services.ec2.model.DescribeSnapshotsResponse;
import software.amazon.awssdk.services.ec2.model.Snapshot;

/** Snapshots as wholes: finding, beginning, sealing, removing. Any thread. */
public final class Snapshots {
    /** Minutes without a block after which EBS gives a pending snapshot up; long enough to restart this process at leisure. */
    private static final int TIMEOUT_MINUTES = 240;

    private final AwsClients clients;
    private final AwsConfig config;

    public Snapshots(AwsClients clients, AwsConfig config) {
        this.clients = clients;
        this.config = config;
    }

    /** Own snapshots that have all of the tags. */
    public List<SnapshotRef> find(Tags tags, Deadline deadline) throws ProviderException {
        List<SnapshotRef> found = new ArrayList<>();
        String token = null;
        do {
            String page = token;
            DescribeSnapshotsResponse answer =
                    AwsFailures.call("Snapshots were not listed", deadline, limit -> clients.ec2()
                            .describeSnapshots(request -> request.ownerIds("self")
                                    .filters(tags.filters())
                                    .maxResults(1000)
                                    .nextToken(page)
                                    .overrideConfiguration(limit)));
            answer.snapshots().forEach(each -> found.add(ref(each)));
            token = answer.nextToken();
        } while (token != null && !token.isEmpty());
        return found;
    }

    /** One snapshot; empty when EC2 does not have it. */
    public Optional<SnapshotRef> get(String id, Deadline deadline) throws ProviderException {
        return AwsFailures.expecting("Snapshot " + id + " was not looked at", deadline, limit -> {
            try {
                return clients
                        .ec2()
                        .describeSnapshots(request -> request.snapshotIds(id).overrideConfiguration(limit))
                        .snapshots()
                        .stream()
                        .map(Snapshots::ref)
                        .findFirst();
            } catch (SdkException failed) {
                if (AwsFailures.isNotFound(failed)) {
                    return Optional.empty();
                }
                throw failed;
            }
        });
    }

    private static SnapshotRef ref(Snapshot snapshot) {
        return new SnapshotRef(
                snapshot.snapshotId(),
                snapshot.state(),
                snapshot.volumeSize() == null ? 0 : snapshot.volumeSize(),
                snapshot.tags());
    }

    /** Begins a snapshot; idempotent by token. */
    String start(Tags tags, long sizeGib, Optional<String> base, String token, Deadline deadline)
            throws ProviderException {
        List<software.amazon.awssdk.services.ebs.model.Tag> list = new ArrayList<>();
        for (Map.Entry<String, String> tag : tags.andAll(config.tags()).values().entrySet()) {
            list.add(software.amazon.awssdk.services.ebs.model.Tag.builder()
                    .key(tag.getKey())
                    .value(tag.getValue())
                    .build());
        }
        StartSnapshotRequest.Builder request = StartSnapshotRequest.builder()
                .volumeSize(sizeGib)
                .description("Tidemark: made by the EBS direct APIs")
                .tags(list)
                .clientToken(token)
                .timeout(TIMEOUT_MINUTES);
        if (base.isPresent()) {
            // Encryption is the parent's: AWS refuses to be told it again.
            request.parentSnapshotId(base.get());
        } else if (config.encryptionKey().isPresent()) {
            request.encrypted(true);
            config.encryptionKey()
                    .filter(key -> !key.equals(AwsConfig.ACCOUNT_KEY))
                    .ifPresent(request::kmsKeyArn);
        }
        StartSnapshotResponse answer = AwsFailures.call("A snapshot was not begun", deadline, limit -> clients.ebs()
                .startSnapshot(request.overrideConfiguration(limit).build()));
        return answer.snapshotId();
    }

    /** Seals a snapshot that has been written; returns at once. Idempotent. */
    void complete(String id, int blocks, byte[] aggregate, Deadline deadline) throws ProviderException {
        try {
            AwsFailures.call("Snapshot " + id + " was not sealed", deadline, limit -> clients.ebs()
                    .completeSnapshot(request -> request.snapshotId(id)
                            .changedBlocksCount(blocks)
                            .checksum(Base64.getEncoder().encodeToString(aggregate))
                            .checksumAlgorithm(ChecksumAlgorithm.SHA256)
                            .checksumAggregationMethod(ChecksumAggregationMethod.LINEAR)
                            .overrideConfiguration(limit)));
        } catch (ProviderException refused) {
            // Sealed by an earlier attempt whose answer was lost?
            if (refused.kind() != FailureKind.REJECTED
                    || get(id, deadline).filter(SnapshotRef::completed).isEmpty()) {
                throw refused;
            }
        }
    }

    /** Waits until a sealed snapshot can be used. */
    SnapshotRef awaitCompleted(String id, Deadline deadline) throws ProviderException {
        String happened = "Snapshot " + id + " was not finished";
        return Polling.until(happened, deadline, () -> {
            Optional<SnapshotRef> now = get(id, deadline);
            // One that EC2 does not show yet is as good as pending; the deadline ends the waiting.
            return now.filter(ref -> !ref.pending());
        });
    }

    /** Removes a snapshot. Does nothing when it is gone. */
    public Removal delete(String id, Deadline deadline) throws ProviderException {
        return AwsFailures.expecting("Snapshot " + id + " was not removed", deadline, limit -> {
            try {
                clients.ec2().deleteSnapshot(request -> request.snapshotId(id).overrideConfiguration(limit));
                return Removal.GONE;
            } catch (SdkException failed) {
                if (AwsFailures.isNotFound(failed)) {
                    return Removal.GONE;
                }
                if (AwsFailures.code(failed).equals("InvalidSnapshot.InUse")) {
                    return Removal.IN_USE;
                }
                throw failed;
            }
        });
    }

    /** What came of a removal. */
    public enum Removal {
        GONE,
        /** An image needs it. */
        IN_USE
    }

    /** One page of the blocks that a snapshot holds, from an index on. */
    ListSnapshotBlocksResponse blocks(String id, int first, Deadline deadline) throws ProviderException {
        return AwsFailures.call("The blocks of snapshot " + id + " were not listed", deadline, limit -> clients.ebs()
                .listSnapshotBlocks(request -> request.snapshotId(id)
                        .startingBlockIndex(first)
                        .maxResults(10_000)
                        .overrideConfiguration(limit)));
    }
}
