package io.tidemark.target.aws.client;

import java.time.Duration;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.services.ebs.EbsClient;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.sts.StsClient;

/** The clients of one open target, over one pool of connections. Any thread. */
public final class AwsClients implements AutoCloseable {
    /** Connections beyond those for blocks. */
    private static final int CONTROL_CONNECTIONS = 16;

    private final SdkHttpClient http;
    private final Ec2Client ec2;
    private final EbsClient ebs;
    private final EbsClient blocks;
    private final StsClient sts;

    /** @param parallelBlocks how many blocks may be on their way at once */
    public AwsClients(Access access, int parallelBlocks) {
        this.http = http(access, parallelBlocks + CONTROL_CONNECTIONS);
        this.ec2 =
                configured(Ec2Client.builder(), access, http, adaptive(access)).build();
        this.ebs =
                configured(EbsClient.builder(), access, http, adaptive(access)).build();
        // Blocks are retried by their writer, which slows down all of its requests and not only the one that was
        // refused.
        this.blocks = configured(EbsClient.builder(), access, http, AwsRetryStrategy.doNotRetry())
                .build();
        this.sts =
                configured(StsClient.builder(), access, http, adaptive(access)).build();
    }

    /** An HTTP client for several SDK clients; the caller closes it after them. */
    public static SdkHttpClient http(Access access, int maxConnections) {
        return Apache5HttpClient.builder()
                .maxConnections(maxConnections)
                .connectionTimeout(Duration.ofSeconds(10))
                .socketTimeout(access.attemptLimit())
                // A pool that is used up is congestion, not an error: wait as long as the attempt may last.
                .connectionAcquisitionTimeout(access.attemptLimit())
                .tcpKeepAlive(true)
                .build();
    }

    /** Retries with back-off, and with a rate that adapts to throttling. */
    public static RetryStrategy adaptive(Access access) {
        return AwsRetryStrategy.adaptiveRetryStrategy().toBuilder()
                .maxAttempts(access.maxAttempts())
                .build();
    }

    /** What all clients have in common. */
    public static <B extends AwsClientBuilder<B, C> & AwsSyncClientBuilder<B, C>, C> B configured(
            B builder, Access access, SdkHttpClient http, RetryStrategy retries) {
        access.endpoint().ifPresent(builder::endpointOverride);
        return builder.region(access.region())
                .credentialsProvider(access.credentials())
                .httpClient(http)
                .overrideConfiguration(all -> all.retryStrategy(retries).apiCallAttemptTimeout(access.attemptLimit()));
    }

    public Ec2Client ec2() {
        return ec2;
    }

    /** EBS direct, for everything but blocks. */
    public EbsClient ebs() {
        return ebs;
    }

    /** EBS direct, one attempt per call. */
    public EbsClient blocks() {
        return blocks;
    }

    public StsClient sts() {
        return sts;
    }

    @Override
    public void close() {
        sts.close();
        blocks.close();
        ebs.close();
        ec2.close();
        http.close();
    }
}
