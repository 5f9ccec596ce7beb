package io.tidemark.target.aws.client;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;

/**
 * Where AWS is and who asks.
 *
 * @param endpoint in place of AWS's own endpoints: an emulator, or a private endpoint
 * @param keys empty: the SDK's default chain (environment, profile, web identity, container, instance)
 * @param attemptLimit how long one attempt of a call may take
 * @param maxAttempts of a control call, the first one included; ≥ 1
 */
public record Access(
        Region region, Optional<URI> endpoint, Optional<Keys> keys, Duration attemptLimit, int maxAttempts) {

    /** A pair of static keys. */
    public record Keys(String accessKeyId, String secretAccessKey) {
        /** Never prints the secret. */
        @Override
        public String toString() {
            return "Keys[" + accessKeyId + "]";
        }
    }

    AwsCredentialsProvider credentials() {
        return keys.<AwsCredentialsProvider>map(pair -> StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(pair.accessKeyId(), pair.secretAccessKey())))
                .orElseGet(() -> DefaultCredentialsProvider.builder().build());
    }
}
