package io.tidemark.target.aws.objects;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.objects.ObjectInfo;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsFailures;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** Reads one version of an object: a range, or all of it with its checksum. Any thread. */
final class Reading {
    private final S3Client s3;
    private final S3Config config;

    Reading(S3Client s3, S3Config config) {
        this.s3 = s3;
        this.config = config;
    }

    void read(ObjectInfo object, long offset, ByteBuffer into, Deadline deadline) throws ProviderException {
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

    void copyTo(ObjectInfo object, OutputStream sink, Deadline deadline) throws ProviderException {
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
                .key(Keys.full(config, object.key()))
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
        } catch (RejectedExecutionException closed) {
            throw AwsFailures.closed(happened, closed);
        } catch (IOException failed) {
            throw new ProviderException(
                    FailureKind.UNREACHABLE,
                    happened,
                    "its bytes did not arrive: " + failed.getMessage(),
                    "It is tried again.",
                    failed);
        }
    }
}
