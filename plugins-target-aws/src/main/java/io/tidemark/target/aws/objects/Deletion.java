package io.tidemark.target.aws.objects;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.objects.ObjectLock;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsFailures;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;

/** Deletes objects so that they are gone, and not only hidden behind a marker. Any thread. */
final class Deletion {
    private final S3Client s3;
    private final S3Config config;
    private final Locks locks;
    private final boolean locking;
    private final boolean versioned;

    /** @param versioned the bucket keeps, or once kept, older versions */
    Deletion(S3Client s3, S3Config config, Locks locks, boolean locking, boolean versioned) {
        this.s3 = s3;
        this.config = config;
        this.locks = locks;
        this.locking = locking;
        this.versioned = versioned;
    }

    void delete(String key, Deadline deadline) throws ProviderException {
        String fullKey = Keys.full(config, key);
        if (!versioned) {
            deleteVersion(key, null, deadline);
            return;
        }
        List<String> versions = new ArrayList<>();
        String keyMarker = null;
        String versionMarker = null;
        boolean more = true;
        while (more) {
            String fromKey = keyMarker;
            String fromVersion = versionMarker;
            ListObjectVersionsResponse page = AwsFailures.call(
                    "Object '" + key + "' was not deleted",
                    deadline,
                    limit -> s3.listObjectVersions(request -> request.bucket(config.bucket())
                            .prefix(fullKey)
                            .keyMarker(fromKey)
                            .versionIdMarker(fromVersion)
                            .overrideConfiguration(limit)));
            page.versions().stream()
                    .filter(each -> each.key().equals(fullKey))
                    .forEach(each -> versions.add(each.versionId()));
            page.deleteMarkers().stream()
                    .filter(each -> each.key().equals(fullKey))
                    .forEach(each -> versions.add(each.versionId()));
            keyMarker = page.nextKeyMarker();
            versionMarker = page.nextVersionIdMarker();
            // Longer keys with this prefix come behind all versions of it.
            more = Boolean.TRUE.equals(page.isTruncated()) && fullKey.equals(keyMarker);
        }
        // Newest first as S3 lists them. The newest goes last: what is refused half way is still there.
        for (String version : versions.reversed()) {
            deleteVersion(key, version, deadline);
        }
    }

    private void deleteVersion(String key, @Nullable String version, Deadline deadline) throws ProviderException {
        String happened = "Object '" + key + "' was not deleted";
        String fullKey = Keys.full(config, key);
        AwsFailures.expecting(happened, deadline, limit -> {
            try {
                return s3.deleteObject(request -> request.bucket(config.bucket())
                        .key(fullKey)
                        .versionId(version)
                        .overrideConfiguration(limit));
            } catch (AwsServiceException failed) {
                Optional<ObjectLock> lock =
                        locking && failed.statusCode() == 403 ? locks.find(fullKey, deadline) : Optional.empty();
                if (lock.isPresent()) {
                    throw new ProviderException(
                            FailureKind.REJECTED,
                            happened,
                            "it is locked until " + lock.get().until() + ", mode "
                                    + lock.get().mode(),
                            "Delete it after that.",
                            failed);
                }
                throw failed;
            }
        });
    }
}
