package io.tidemark.target.aws.objects;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.objects.ObjectLock;
import io.tidemark.spi.objects.ObjectSource;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsFailures;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * Puts one object under a condition: in one request, or in parts when it is large. The SHA-256 of the whole object is kept in its metadata,
 * where it is found by a repeated put and by readers; each request carries the SHA-256 of its own bytes, which the store checks.
 */
final class Upload {
    /** Metadata of every object: SHA-256 of all its bytes, hexadecimal. */
    static final String DIGEST = "tidemark-sha256";

    /** S3 takes no more parts. */
    private static final int MAX_PARTS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(Upload.class);

    private final S3Client s3;
    private final S3Config config;
    private final ExecutorService pool;
    private final Semaphore room;

    /** @param room one permit for each part that may be in memory */
    Upload(S3Client s3, S3Config config, ExecutorService pool, Semaphore room) {
        this.s3 = s3;
        this.config = config;
        this.pool = pool;
        this.room = room;
    }

    /** @param ifMatch version that has to be there; empty: the key has to be free */
    record Condition(Optional<String> ifMatch) {}

    /** @throws SdkException as the store says it: the caller knows what a failed condition means */
    String put(
            String fullKey,
            ObjectSource source,
            String digest,
            Condition condition,
            Optional<ObjectLock> lock,
            Deadline deadline)
            throws ProviderException, IOException {
        return source.sizeBytes() <= config.partBytes()
                ? putWhole(fullKey, source, digest, condition, lock, deadline)
                : putParts(fullKey, source, digest, condition, lock, deadline);
    }

    /** SHA-256 of a source, hexadecimal. */
    static String digest(ObjectSource source) throws IOException {
        MessageDigest sha256 = sha256();
        byte[] chunk = new byte[1 << 16];
        long length = 0;
        try (InputStream stream = source.open()) {
            for (int read = stream.read(chunk); read >= 0; read = stream.read(chunk)) {
                sha256.update(chunk, 0, read);
                length += read;
            }
        }
        if (length != source.sizeBytes()) {
            throw new IOException("the source has " + length + " bytes and said " + source.sizeBytes());
        }
        return HexFormat.of().formatHex(sha256.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException never) {
            throw new IllegalStateException("every JDK has SHA-256", never);
        }
    }

    private String putWhole(
            String fullKey,
            ObjectSource source,
            String digest,
            Condition condition,
            Optional<ObjectLock> lock,
            Deadline deadline)
            throws IOException, ProviderException {
        byte[] bytes;
        try (InputStream stream = source.open()) {
            bytes = stream.readAllBytes();
        }
        AwsFailures.requireTime("Object '" + fullKey + "' was not stored", deadline);
        PutObjectRequest.Builder request = PutObjectRequest.builder()
                .bucket(config.bucket())
                .key(fullKey)
                .metadata(Map.of(DIGEST, digest))
                .checksumSHA256(checksum(bytes, bytes.length))
                .overrideConfiguration(AwsFailures.limit(deadline));
        condition.ifMatch().ifPresentOrElse(request::ifMatch, () -> request.ifNoneMatch("*"));
        lock.ifPresent(each -> request.objectLockMode(Locks.mode(each).toString())
                .objectLockRetainUntilDate(Locks.wholeSeconds(each.until())));
        return s3.putObject(request.build(), RequestBody.fromBytes(bytes)).eTag();
    }

    private String putParts(
            String fullKey,
            ObjectSource source,
            String digest,
            Condition condition,
            Optional<ObjectLock> lock,
            Deadline deadline)
            throws IOException, ProviderException {
        long partBytes = Math.max(config.partBytes(), (source.sizeBytes() + MAX_PARTS - 1) / MAX_PARTS);
        AwsFailures.requireTime("Object '" + fullKey + "' was not stored", deadline);
        CreateMultipartUploadRequest.Builder begin = CreateMultipartUploadRequest.builder()
                .bucket(config.bucket())
                .key(fullKey)
                .metadata(Map.of(DIGEST, digest))
                .checksumAlgorithm(ChecksumAlgorithm.SHA256)
                .overrideConfiguration(AwsFailures.limit(deadline));
        lock.ifPresent(each -> begin.objectLockMode(Locks.mode(each).toString())
                .objectLockRetainUntilDate(Locks.wholeSeconds(each.until())));
        String id = s3.createMultipartUpload(begin.build()).uploadId();
        boolean done = false;
        try {
            List<CompletedPart> parts = sendParts(fullKey, id, source, Math.toIntExact(partBytes), deadline);
            CompleteMultipartUploadRequest.Builder end = CompleteMultipartUploadRequest.builder()
                    .bucket(config.bucket())
                    .key(fullKey)
                    .uploadId(id)
                    .multipartUpload(all -> all.parts(parts))
                    .overrideConfiguration(AwsFailures.limit(deadline));
            condition.ifMatch().ifPresentOrElse(end::ifMatch, () -> end.ifNoneMatch("*"));
            String version = s3.completeMultipartUpload(end.build()).eTag();
            done = true;
            return version;
        } finally {
            if (!done) {
                abort(fullKey, id);
            }
        }
    }

    private List<CompletedPart> sendParts(
            String fullKey, String id, ObjectSource source, int partBytes, Deadline deadline)
            throws IOException, ProviderException {
        List<Future<CompletedPart>> sent = new ArrayList<>();
        try (InputStream stream = source.open()) {
            long left = source.sizeBytes();
            while (left > 0) {
                takeRoom(fullKey, deadline);
                byte[] part;
                try {
                    part = stream.readNBytes((int) Math.min(partBytes, left));
                    int number = sent.size() + 1;
                    sent.add(pool.submit(() -> sendPart(fullKey, id, number, part, deadline)));
                } catch (IOException | RuntimeException failed) {
                    room.release();
                    throw failed;
                }
                left -= part.length;
                if (part.length == 0) {
                    throw new IOException("the source ended early");
                }
            }
            List<CompletedPart> parts = new ArrayList<>();
            for (Future<CompletedPart> each : sent) {
                parts.add(result(fullKey, each));
            }
            return parts;
        } finally {
            // After a failure those still waiting are not begun; those under way keep to the deadline and give their
            // room back.
            sent.forEach(each -> each.cancel(false));
        }
    }

    private void takeRoom(String fullKey, Deadline deadline) throws ProviderException {
        String happened = "Object '" + fullKey + "' was not stored";
        try {
            if (!room.tryAcquire(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                throw AwsFailures.outOfTime(happened);
            }
        } catch (InterruptedException interrupted) {
            throw interrupted(happened, interrupted);
        }
    }

    private CompletedPart sendPart(String fullKey, String id, int number, byte[] part, Deadline deadline) {
        try {
            String checksum = checksum(part, part.length);
            UploadPartResponse answer = s3.uploadPart(
                    request -> request.bucket(config.bucket())
                            .key(fullKey)
                            .uploadId(id)
                            .partNumber(number)
                            .checksumSHA256(checksum)
                            .overrideConfiguration(AwsFailures.limit(deadline)),
                    RequestBody.fromBytes(part));
            return CompletedPart.builder()
                    .partNumber(number)
                    .eTag(answer.eTag())
                    .checksumSHA256(checksum)
                    .build();
        } finally {
            room.release();
        }
    }

    private static CompletedPart result(String fullKey, Future<CompletedPart> part) throws ProviderException {
        String happened = "Object '" + fullKey + "' was not stored";
        try {
            return part.get();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof SdkException sdk) {
                throw sdk;
            }
            throw new ProviderException(
                    FailureKind.BUG, happened, String.valueOf(failed.getCause()), "Report this with the log.", failed);
        } catch (CancellationException closed) {
            throw new ProviderException(
                    FailureKind.UNREACHABLE, happened, "the store was closed", "Open it again.", closed);
        } catch (InterruptedException interrupted) {
            throw interrupted(happened, interrupted);
        }
    }

    private static ProviderException interrupted(String happened, InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new ProviderException(
                FailureKind.RETRY_LATER, happened, "the call was interrupted", "It is tried again.", cause);
    }

    /** Best effort: a bucket rule should end what is left by a process that was killed. */
    private void abort(String fullKey, String id) {
        try {
            s3.abortMultipartUpload(
                    request -> request.bucket(config.bucket()).key(fullKey).uploadId(id));
        } catch (SdkException failed) {
            LOG.atWarn()
                    .addKeyValue("bucket", config.bucket())
                    .addKeyValue("key", fullKey)
                    .addKeyValue("upload", id)
                    .addKeyValue("why", failed.getMessage())
                    .log(
                            "A multipart upload that failed could not be ended; its parts cost storage until somebody does");
        }
    }

    private static String checksum(byte[] bytes, int length) {
        MessageDigest sha256 = sha256();
        sha256.update(bytes, 0, length);
        return Base64.getEncoder().encodeToString(sha256.digest());
    }
}
