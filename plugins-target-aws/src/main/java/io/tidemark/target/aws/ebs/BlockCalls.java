package io.tidemark.target.aws.ebs;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsClients;
import io.tidemark.target.aws.client.AwsConfig;
import io.tidemark.target.aws.client.AwsFailures;
import io.tidemark.target.aws.client.Polling;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.ebs.model.Block;
import software.amazon.awssdk.services.ebs.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.ebs.model.GetSnapshotBlockResponse;
import software.amazon.awssdk.services.ebs.model.PutSnapshotBlockResponse;

/**
 * Single blocks, to and from EBS, each with its SHA-256 checked at the other end. Retries with back-off and jitter, keeps to a Retry-After,
 * and tells the {@link AdaptiveLimit}. Any thread; calls block.
 */
final class BlockCalls {
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(8);
    private static final int FIRST_PAUSE_MILLIS = 50;

    private final AwsClients clients;
    private final AdaptiveLimit limit;
    private final Snapshots snapshots;
    private final int maxAttempts;
    private final Duration settleLimit;

    BlockCalls(AwsClients clients, AwsConfig config, AdaptiveLimit limit, Snapshots snapshots) {
        this.clients = clients;
        this.limit = limit;
        this.snapshots = snapshots;
        this.maxAttempts = config.access().maxAttempts();
        this.settleLimit = config.settleLimit();
    }

    /**
     * Writes a block; writing it again replaces it.
     *
     * @param hash SHA-256 of the block
     */
    void put(String snapshot, int index, byte[] block, byte[] hash, Deadline deadline) throws ProviderException {
        String happened = "Block " + index + " of snapshot " + snapshot + " was not written";
        String checksum = Base64.getEncoder().encodeToString(hash);
        PutSnapshotBlockResponse answer = retrying(happened, deadline, () -> clients.blocks()
                .putSnapshotBlock(
                        request -> request.snapshotId(snapshot)
                                .blockIndex(index)
                                .dataLength(block.length)
                                .checksum(checksum)
                                .checksumAlgorithm(ChecksumAlgorithm.SHA256)
                                .overrideConfiguration(AwsFailures.limit(deadline)),
                        RequestBody.fromBytes(block)));
        if (answer.checksum() != null && !answer.checksum().equals(checksum)) {
            throw corrupt(happened, "EBS acknowledged other bytes than were sent");
        }
    }

    /** Reads a block, and checks it. */
    byte[] get(String snapshot, int index, String token, Deadline deadline) throws ProviderException {
        String happened = "Block " + index + " of snapshot " + snapshot + " was not read";
        try {
            return getOnce(happened, snapshot, index, token, deadline);
        } catch (ProviderException refused) {
            // Tokens of blocks expire; a fresh one tells whether that was all.
            Optional<String> fresh = refused.kind() == FailureKind.REJECTED && isInvalidToken(refused)
                    ? freshToken(snapshot, index, deadline)
                    : Optional.empty();
            if (fresh.isEmpty()) {
                throw refused;
            }
            return getOnce(happened, snapshot, index, fresh.get(), deadline);
        }
    }

    private byte[] getOnce(String happened, String snapshot, int index, String token, Deadline deadline)
            throws ProviderException {
        int wrong = 0;
        while (true) {
            var answer = retrying(happened, deadline, () -> clients.blocks()
                    .getSnapshotBlockAsBytes(request -> request.snapshotId(snapshot)
                            .blockIndex(index)
                            .blockToken(token)
                            .overrideConfiguration(AwsFailures.limit(deadline))));
            GetSnapshotBlockResponse head = answer.response();
            byte[] block = answer.asByteArrayUnsafe();
            byte[] promised = Base64.getDecoder().decode(head.checksum());
            if (block.length == Blocks.SIZE_BYTES && Arrays.equals(promised, Blocks.hash(block))) {
                return block;
            }
            // AWS: consider the data not valid and retry the request.
            if (++wrong >= maxAttempts) {
                throw corrupt(happened, "the bytes do not have the checksum that EBS keeps of them");
            }
        }
    }

    private Optional<String> freshToken(String snapshot, int index, Deadline deadline) throws ProviderException {
        return snapshots.blocks(snapshot, index, deadline).blocks().stream()
                .filter(block -> block.blockIndex() == index)
                .map(Block::blockToken)
                .findFirst();
    }

    private static boolean isInvalidToken(ProviderException refused) {
        return refused.getCause() instanceof SdkException failed
                && AwsFailures.code(failed).equals("ValidationException");
    }

    private static ProviderException corrupt(String happened, String why) {
        return new ProviderException(
                FailureKind.CORRUPT,
                happened,
                why,
                "Nothing was finished with it; look for broken memory or a broken proxy.");
    }

    /** One attempt. */
    @FunctionalInterface
    private interface Attempt<T> {
        T run();
    }

    private <T> T retrying(String happened, Deadline deadline, Attempt<T> attempt) throws ProviderException {
        long settledAtNanos = System.nanoTime() + settleLimit.toNanos();
        for (int attempts = 1; ; attempts++) {
            AwsFailures.requireTime(happened, deadline);
            try {
                T answer = attempt.run();
                limit.succeeded();
                return answer;
            } catch (SdkException failed) {
                boolean unsettled = AwsFailures.isNotFound(failed) && System.nanoTime() - settledAtNanos < 0;
                if (isThrottling(failed)) {
                    limit.throttled();
                }
                // A snapshot that was just begun is not seen by all of EBS at once: that costs time, not attempts.
                if (!unsettled && (attempts >= maxAttempts || !mayPass(failed))) {
                    throw AwsFailures.translate(happened, failed);
                }
                Polling.pause(happened, shorter(pause(attempts, failed), deadline.remaining()));
            }
        }
    }

    private static boolean isThrottling(SdkException failed) {
        return failed instanceof AwsServiceException service
                && (service.isThrottlingException()
                        || AwsFailures.code(failed).equals("RequestThrottledException")
                        || AwsFailures.code(failed).equals("ServiceQuotaExceededException")
                        || service.statusCode() == 503);
    }

    private static boolean mayPass(SdkException failed) {
        if (failed instanceof AwsServiceException service) {
            return isThrottling(failed) || service.statusCode() >= 500;
        }
        return failed instanceof SdkClientException && !(failed instanceof AbortedException);
    }

    private static Duration pause(int attempts, SdkException failed) {
        long most = Math.min(LONGEST_PAUSE.toMillis(), (long) FIRST_PAUSE_MILLIS << Math.min(attempts, 16));
        Duration jittered = Duration.ofMillis(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
        Duration asked = retryAfter(failed).orElse(Duration.ZERO);
        return asked.compareTo(jittered) > 0 ? asked : jittered;
    }

    private static Optional<Duration> retryAfter(SdkException failed) {
        if (!(failed instanceof AwsServiceException service) || service.awsErrorDetails() == null) {
            return Optional.empty();
        }
        return Optional.ofNullable(service.awsErrorDetails().sdkHttpResponse())
                .flatMap(response -> response.firstMatchingHeader("Retry-After"))
                .filter(seconds -> seconds.matches("[0-9]{1,3}"))
                .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
