package io.tidemark.target.aws.objects;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.objects.ObjectLock;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsFailures;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ObjectLockRetention;
import software.amazon.awssdk.services.s3.model.ObjectLockRetentionMode;

/** Object Lock of one bucket. Any thread. */
final class Locks {
    private static final Set<String> NONE =
            Set.of("NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "NoSuchKey", "NotFound");

    private final S3Client s3;
    private final String bucket;
    private final Clock clock;

    Locks(S3Client s3, String bucket, Clock clock) {
        this.s3 = s3;
        this.bucket = bucket;
        this.clock = clock;
    }

    /** Whether the bucket was made with Object Lock; it cannot be taken away later. */
    static boolean isEnabled(S3Client s3, String bucket, Deadline deadline) throws ProviderException {
        return AwsFailures.expecting("The lock of bucket '" + bucket + "' was not looked at", deadline, limit -> {
            try {
                return "Enabled"
                        .equals(s3.getObjectLockConfiguration(
                                        request -> request.bucket(bucket).overrideConfiguration(limit))
                                .objectLockConfiguration()
                                .objectLockEnabledAsString());
            } catch (SdkException failed) {
                if (NONE.contains(AwsFailures.code(failed))
                        || AwsFailures.code(failed).equals("NotImplemented")) {
                    return false;
                }
                throw failed;
            }
        });
    }

    Optional<ObjectLock> find(String fullKey, Deadline deadline) throws ProviderException {
        return AwsFailures.expecting("The lock of object '" + fullKey + "' was not looked at", deadline, limit -> {
            try {
                ObjectLockRetention retention = s3.getObjectRetention(
                                request -> request.bucket(bucket).key(fullKey).overrideConfiguration(limit))
                        .retention();
                if (retention == null
                        || retention.retainUntilDate() == null
                        || !retention.retainUntilDate().isAfter(clock.instant())) {
                    return Optional.empty();
                }
                ObjectLock.Mode mode = retention.mode() == ObjectLockRetentionMode.COMPLIANCE
                        ? ObjectLock.Mode.COMPLIANCE
                        : ObjectLock.Mode.GOVERNANCE;
                return Optional.of(new ObjectLock(mode, retention.retainUntilDate()));
            } catch (SdkException failed) {
                if (NONE.contains(AwsFailures.code(failed))) {
                    return Optional.empty();
                }
                throw failed;
            }
        });
    }

    /** Locks, or makes a lock longer. */
    void put(String fullKey, ObjectLock lock, Deadline deadline) throws ProviderException {
        String happened = "Object '" + fullKey + "' was not locked";
        Optional<ObjectLock> now = find(fullKey, deadline);
        Instant until = wholeSeconds(lock.until());
        if (now.isPresent()) {
            boolean weaker =
                    now.get().mode() == ObjectLock.Mode.COMPLIANCE && lock.mode() != ObjectLock.Mode.COMPLIANCE;
            if (weaker || until.isBefore(now.get().until())) {
                throw AwsFailures.rejected(
                        happened,
                        "it has a lock of mode " + now.get().mode() + " until "
                                + now.get().until(),
                        "A lock can only be made longer and stronger.");
            }
            if (now.get().mode() == lock.mode() && until.equals(now.get().until())) {
                return;
            }
        }
        AwsFailures.call(
                happened,
                deadline,
                limit -> s3.putObjectRetention(request -> request.bucket(bucket)
                        .key(fullKey)
                        .retention(retention -> retention.mode(mode(lock)).retainUntilDate(until))
                        .overrideConfiguration(limit)));
    }

    static ObjectLockRetentionMode mode(ObjectLock lock) {
        return switch (lock.mode()) {
            case COMPLIANCE -> ObjectLockRetentionMode.COMPLIANCE;
            case GOVERNANCE -> ObjectLockRetentionMode.GOVERNANCE;
        };
    }

    /** Never earlier than asked. */
    static Instant wholeSeconds(Instant until) {
        Instant down = until.truncatedTo(ChronoUnit.SECONDS);
        return down.equals(until) ? down : down.plusSeconds(1);
    }

    static ProviderException unsupported(String happened) {
        return new ProviderException(
                FailureKind.UNSUPPORTED,
                happened,
                "the bucket was made without Object Lock",
                "Make a bucket with Object Lock, or use none.");
    }
}
