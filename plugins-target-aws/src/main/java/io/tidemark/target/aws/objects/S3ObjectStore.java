package io.tidemark.target.aws.objects;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.objects.ObjectInfo;
import io.tidemark.spi.objects.ObjectLock;
import io.tidemark.spi.objects.ObjectPage;
import io.tidemark.spi.objects.ObjectSource;
import io.tidemark.spi.objects.ObjectStore;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsClients;
import io.tidemark.target.aws.client.AwsFailures;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** One bucket, or one folder of it, as an object store. A version is an ETag. */
final class S3ObjectStore implements ObjectStore {
    private final S3Config config;
    private final SdkHttpClient http;
    private final S3Client s3;
    private final ExecutorService pool;
    private final Upload upload;
    private final Locks locks;
    private final boolean locking;
    private final boolean versioned;
    private volatile boolean closed;

    private S3ObjectStore(
            S3Config config,
            SdkHttpClient http,
            S3Client s3,
            ThreadFactory threads,
            boolean locking,
            boolean versioned) {
        this.config = config;
        this.http = http;
        this.s3 = s3;
        this.locking = locking;
        this.versioned = versioned;
        ThreadPoolExecutor parts = new ThreadPoolExecutor(
                config.parallelParts(),
                config.parallelParts(),
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                threads);
        parts.allowCoreThreadTimeOut(true);
        this.pool = parts;
        this.upload = new Upload(s3, config, pool, new Semaphore(config.parallelParts()));
        this.locks = new Locks(s3, config.bucket(), Clock.systemUTC());
    }

    static S3ObjectStore open(S3Config config, ThreadFactory threads, Deadline deadline) throws ProviderException {
        SdkHttpClient http = AwsClients.http(config.access(), config.parallelParts() + 32);
        S3Client s3 = AwsClients.configured(
                        S3Client.builder(), config.access(), http, AwsClients.adaptive(config.access()))
                .forcePathStyle(config.pathStyle())
                .build();
        try {
            String happened = "Bucket '" + config.bucket() + "' was not opened";
            head(s3, config, happened, deadline);
            boolean locking = Locks.isEnabled(s3, config.bucket(), deadline);
            boolean versioned = locking || isVersioned(s3, config.bucket(), happened, deadline);
            return new S3ObjectStore(config, http, s3, threads, locking, versioned);
        } catch (ProviderException | RuntimeException failed) {
            s3.close();
            http.close();
            throw failed;
        }
    }

    private static void head(S3Client s3, S3Config config, String happened, Deadline deadline)
            throws ProviderException {
        AwsFailures.expecting(happened, deadline, limit -> {
            try {
                return s3.headBucket(request -> request.bucket(config.bucket()).overrideConfiguration(limit));
            } catch (AwsServiceException failed) {
                if (failed.statusCode() == 404) {
                    throw AwsFailures.rejected(
                            happened, "there is no such bucket", "Make it, or correct the setting bucket.");
                }
                throw failed;
            }
        });
    }

    private static boolean isVersioned(S3Client s3, String bucket, String happened, Deadline deadline)
            throws ProviderException {
        return AwsFailures.expecting(happened, deadline, limit -> {
            try {
                // Suspended versioning still has the versions from before.
                BucketVersioningStatus status = s3.getBucketVersioning(
                                request -> request.bucket(bucket).overrideConfiguration(limit))
                        .status();
                return status == BucketVersioningStatus.ENABLED || status == BucketVersioningStatus.SUSPENDED;
            } catch (AwsServiceException failed) {
                if (AwsFailures.code(failed).equals("VersioningNotConfigured") || failed.statusCode() == 501) {
                    return false;
                }
                throw failed;
            }
        });
    }

    @Override
    public String description() {
        return "S3 bucket '" + config.bucket() + "'"
                + (config.prefix().isEmpty() ? "" : ", folder '" + config.prefix() + "'")
                + config.access().endpoint().map(uri -> ", at " + uri).orElse("")
                + (locking ? ", with Object Lock" : "");
    }

    @Override
    public Set<Capability> capabilities() {
        return locking ? Set.of(LOCKING) : Set.of();
    }

    @Override
    public void checkHealth(Deadline deadline) throws ProviderException {
        if (closed) {
            throw new ProviderException(
                    FailureKind.UNREACHABLE,
                    "Bucket '" + config.bucket() + "' was not looked at",
                    "the store is closed",
                    "Open it again.");
        }
        head(s3, config, "Bucket '" + config.bucket() + "' does not answer", deadline);
    }

    @Override
    public ObjectInfo putIfAbsent(String key, ObjectSource source, Optional<ObjectLock> lock, Deadline deadline)
            throws ProviderException {
        if (lock.isPresent() && !locking) {
            throw Locks.unsupported("Object '" + key + "' was not stored");
        }
        return put(key, source, new Upload.Condition(Optional.empty()), lock, deadline);
    }

    @Override
    public ObjectInfo putIfMatch(String key, ObjectSource source, String version, Deadline deadline)
            throws ProviderException {
        // S3 would hide a locked version behind a new one; it would still be there, but no reader would find it.
        Optional<ObjectLock> lock = lockOf(key, deadline);
        if (lock.isPresent()) {
            throw AwsFailures.rejected(
                    "Object '" + key + "' was not replaced",
                    "it is locked until " + lock.get().until(),
                    "Replace it after that.");
        }
        return put(key, source, new Upload.Condition(Optional.of(version)), Optional.empty(), deadline);
    }

    private ObjectInfo put(
            String key, ObjectSource source, Upload.Condition condition, Optional<ObjectLock> lock, Deadline deadline)
            throws ProviderException {
        String fullKey = fullKey(key);
        String happened = "Object '" + key + "' was not stored";
        try {
            String digest = Upload.digest(source);
            try {
                upload.put(fullKey, source, digest, condition, lock, deadline);
            } catch (AwsServiceException failed) {
                if (!isConditionFailed(failed, condition)) {
                    throw failed;
                }
                return sameOrConflict(key, digest, lock, failed, deadline);
            }
            return find(key, deadline)
                    .orElseThrow(() -> new ProviderException(
                            FailureKind.CONFLICT, happened, "somebody removed it at once", "Find out who does."));
        } catch (SdkException failed) {
            throw AwsFailures.translate(happened, failed);
        } catch (IOException failed) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    happened,
                    "its bytes could not be read: " + failed.getMessage(),
                    "Correct that, then try again.",
                    failed);
        }
    }

    private static boolean isConditionFailed(AwsServiceException failed, Upload.Condition condition) {
        return failed.statusCode() == 412
                || failed.statusCode() == 409
                || (condition.ifMatch().isPresent()
                        && failed.statusCode() == 404
                        && !AwsFailures.code(failed).equals("NoSuchUpload"));
    }

    /** An attempt of ours whose answer was lost also makes the condition fail. */
    private ObjectInfo sameOrConflict(
            String key, String digest, Optional<ObjectLock> lock, AwsServiceException failed, Deadline deadline)
            throws ProviderException {
        Optional<HeadObjectResponse> there = head(key, deadline);
        if (there.isEmpty() || !digest.equals(there.get().metadata().get(Upload.DIGEST))) {
            throw new ProviderException(
                    FailureKind.CONFLICT,
                    "Object '" + key + "' was not stored",
                    there.isEmpty() ? "the key is free" : "the key holds something else",
                    "Read what is there, then decide.",
                    failed);
        }
        if (lock.isPresent()) {
            locks.put(fullKey(key), lock.get(), deadline);
        }
        return info(key, there.get());
    }

    @Override
    public Optional<ObjectInfo> find(String key, Deadline deadline) throws ProviderException {
        return head(key, deadline).map(there -> info(key, there));
    }

    private Optional<HeadObjectResponse> head(String key, Deadline deadline) throws ProviderException {
        String fullKey = fullKey(key);
        return AwsFailures.expecting("Object '" + key + "' was not looked at", deadline, limit -> {
            try {
                return Optional.of(s3.headObject(
                        request -> request.bucket(config.bucket()).key(fullKey).overrideConfiguration(limit)));
            } catch (AwsServiceException failed) {
                if (failed.statusCode() == 404) {
                    return Optional.empty();
                }
                throw failed;
            }
        });
    }

    private static ObjectInfo info(String key, HeadObjectResponse there) {
        return new ObjectInfo(key, there.contentLength(), there.eTag(), there.lastModified());
    }

    @Override
    public void read(ObjectInfo object, long offset, ByteBuffer into, Deadline deadline) throws ProviderException {
        String happened = "Object '" + object.key() + "' was not read";
        int length = into.remaining();
        if (offset < 0 || offset + length > object.sizeBytes()) {
            throw AwsFailures.rejected(
                    happened,
                    "bytes " + offset + " to " + (offset + length) + " are not within its " + object.sizeBytes(),
                    "Ask for bytes that it has.");
        }
        if (length == 0) {
            return;
        }
        get(happened, object, Optional.of("bytes=" + offset + "-" + (offset + length - 1)), deadline, stream -> {
            byte[] bytes = stream.readNBytes(length);
            if (bytes.length != length) {
                throw new IOException("it ended after " + bytes.length + " of " + length + " bytes");
            }
            into.put(bytes);
        });
    }

    @Override
    public void copyTo(ObjectInfo object, OutputStream sink, Deadline deadline) throws ProviderException {
        String happened = "Object '" + object.key() + "' was not copied";
        get(happened, object, Optional.empty(), deadline, stream -> {
            MessageDigest sha256 = Upload.sha256();
            byte[] chunk = new byte[1 << 16];
            long length = 0;
            for (int read = stream.read(chunk); read >= 0; read = stream.read(chunk)) {
                sha256.update(chunk, 0, read);
                sink.write(chunk, 0, read);
                length += read;
            }
            String promised = stream.response().metadata().get(Upload.DIGEST);
            String found = HexFormat.of().formatHex(sha256.digest());
            if (length != object.sizeBytes() || promised == null || !promised.equals(found)) {
                throw new ProviderException(
                        FailureKind.CORRUPT,
                        happened,
                        promised == null
                                ? "it has no checksum: Tidemark did not store it"
                                : "its " + length + " bytes have SHA-256 " + found + " instead of " + promised,
                        "Use another copy; look at the store.");
            }
        });
    }

    /** What is done with a stream of an object. */
    @FunctionalInterface
    private interface Reader {
        void read(ResponseInputStream<GetObjectResponse> stream) throws IOException, ProviderException;
    }

    private void get(String happened, ObjectInfo object, Optional<String> range, Deadline deadline, Reader reader)
            throws ProviderException {
        AwsFailures.requireTime(happened, deadline);
        GetObjectRequest.Builder request = GetObjectRequest.builder()
                .bucket(config.bucket())
                .key(fullKey(object.key()))
                .ifMatch(object.version())
                .overrideConfiguration(AwsFailures.limit(deadline));
        range.ifPresent(request::range);
        try (ResponseInputStream<GetObjectResponse> stream = s3.getObject(request.build())) {
            reader.read(stream);
        } catch (AwsServiceException failed) {
            if (failed.statusCode() == 412 || failed.statusCode() == 404) {
                throw new ProviderException(
                        FailureKind.CONFLICT,
                        happened,
                        failed.statusCode() == 404 ? "it is gone" : "it was replaced",
                        "Look it up again.",
                        failed);
            }
            throw AwsFailures.translate(happened, failed);
        } catch (SdkException failed) {
            if (String.valueOf(failed.getMessage()).contains("checksum")) {
                throw new ProviderException(
                        FailureKind.CORRUPT,
                        happened,
                        String.valueOf(failed.getMessage()),
                        "Use another copy; look at the store.",
                        failed);
            }
            throw AwsFailures.translate(happened, failed);
        } catch (IOException failed) {
            throw new ProviderException(
                    FailureKind.UNREACHABLE,
                    happened,
                    "its bytes did not arrive: " + failed.getMessage(),
                    "It is tried again.",
                    failed);
        }
    }

    @Override
    public ObjectPage list(String prefix, Optional<String> after, int limit, Deadline deadline)
            throws ProviderException {
        if (limit < 1 || limit > 1000) {
            throw AwsFailures.rejected(
                    "Objects were not listed", "a page has 1 to 1000, not " + limit, "Ask for that.");
        }
        ListObjectsV2Response page = AwsFailures.call(
                "Objects were not listed",
                deadline,
                time -> s3.listObjectsV2(request -> request.bucket(config.bucket())
                        .prefix(config.prefix() + prefix)
                        .startAfter(after.map(key -> config.prefix() + key).orElse(null))
                        .maxKeys(limit)
                        .overrideConfiguration(time)));
        List<ObjectInfo> objects = new ArrayList<>();
        for (S3Object each : page.contents()) {
            objects.add(new ObjectInfo(
                    each.key().substring(config.prefix().length()), each.size(), each.eTag(), each.lastModified()));
        }
        boolean more = Boolean.TRUE.equals(page.isTruncated()) && !objects.isEmpty();
        return new ObjectPage(objects, more ? Optional.of(objects.getLast().key()) : Optional.empty());
    }

    @Override
    public void delete(String key, Deadline deadline) throws ProviderException {
        String fullKey = fullKey(key);
        if (!versioned) {
            delete(key, null, deadline);
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
            delete(key, version, deadline);
        }
    }

    private void delete(String key, @Nullable String version, Deadline deadline) throws ProviderException {
        String happened = "Object '" + key + "' was not deleted";
        String fullKey = fullKey(key);
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

    @Override
    public void lock(String key, ObjectLock lock, Deadline deadline) throws ProviderException {
        if (!locking) {
            throw Locks.unsupported("Object '" + key + "' was not locked");
        }
        locks.put(fullKey(key), lock, deadline);
    }

    @Override
    public Optional<ObjectLock> lockOf(String key, Deadline deadline) throws ProviderException {
        return locking ? locks.find(fullKey(key), deadline) : Optional.empty();
    }

    private String fullKey(String key) throws ProviderException {
        Keys.require(key);
        return config.prefix() + key;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            pool.shutdownNow();
            s3.close();
            http.close();
        }
    }
}
