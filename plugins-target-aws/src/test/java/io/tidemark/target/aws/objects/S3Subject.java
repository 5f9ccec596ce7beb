package io.tidemark.target.aws.objects;

import io.tidemark.spi.objects.ObjectStoreFactory;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.target.aws.peers.Moto;
import io.tidemark.target.aws.peers.PeerProcess;
import io.tidemark.tck.hypervisor.TckProviderContext;
import io.tidemark.tck.objects.NoBlockNetwork;
import io.tidemark.tck.objects.ObjectStoreSubject;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** A bucket on a server of its own. */
final class S3Subject implements ObjectStoreSubject {
    static final String ACCESS = "tidemark";
    static final String SECRET = "tidemark-secret";
    private static final String BUCKET = "journal";
    private static final String PREFIX = "site-1/vpg-1";

    private final AutoCloseable server;
    private final String uri;
    private final Path folder;
    private final Optional<Path> stored;
    private final TckProviderContext context;

    private S3Subject(AutoCloseable server, String uri, Path folder, Optional<Path> stored) throws IOException {
        this.server = server;
        this.uri = uri;
        this.folder = folder;
        this.stored = stored;
        this.context = new TckProviderContext(
                "s3-test", Files.createDirectories(folder.resolve("state")), new NoBlockNetwork());
    }

    /** Whether the bucket has Object Lock. */
    enum Locking {
        ON,
        OFF
    }

    static S3Subject versitygw(Locking locking) throws Exception {
        String program = PeerProcess.tool("versitygw").toString();
        Path folder = Files.createTempDirectory("versitygw-");
        Path data = Files.createDirectory(folder.resolve("data"));
        Path versions = Files.createDirectory(folder.resolve("versions"));
        PeerProcess process = PeerProcess.start(
                port -> List.of(
                        program,
                        "--access",
                        ACCESS,
                        "--secret",
                        SECRET,
                        "--region",
                        Moto.REGION,
                        "--port",
                        "127.0.0.1:" + port,
                        "--quiet",
                        "posix",
                        "--versioning-dir",
                        versions.toString(),
                        data.toString()),
                Map.of());
        S3Subject subject = new S3Subject(process, process.uri(), folder, Optional.of(data.resolve(BUCKET)));
        subject.makeBucket(locking);
        return subject;
    }

    static S3Subject moto() throws Exception {
        Moto moto = Moto.start();
        S3Subject subject = new S3Subject(moto, moto.uri(), Files.createTempDirectory("moto-s3-"), Optional.empty());
        subject.makeBucket(Locking.OFF);
        return subject;
    }

    S3Client client() {
        return S3Client.builder()
                .endpointOverride(URI.create(uri))
                .region(Region.of(Moto.REGION))
                .forcePathStyle(true)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(ACCESS, SECRET)))
                .build();
    }

    private void makeBucket(Locking locking) {
        try (S3Client s3 = client()) {
            s3.createBucket(request -> request.bucket(BUCKET)
                    .createBucketConfiguration(configuration -> configuration.locationConstraint(Moto.REGION))
                    .objectLockEnabledForBucket(locking == Locking.ON));
        }
    }

    @Override
    public ObjectStoreFactory factory() {
        return new S3ObjectStoreFactory();
    }

    @Override
    public ProviderConfig config() {
        return with(Map.of());
    }

    private ProviderConfig with(Map<String, String> others) {
        Map<String, String> values = new HashMap<>(Map.of(
                "region", Moto.REGION,
                "endpoint", uri,
                "access-key-id", ACCESS,
                "secret-access-key", SECRET,
                "bucket", BUCKET,
                "prefix", PREFIX,
                "part-mebibytes", "5",
                "max-attempts", "3"));
        values.putAll(others);
        return new ProviderConfig(values);
    }

    @Override
    public List<ProviderConfig> refusedConfigs() {
        return List.of(
                with(Map.of("bucket", "no-such-bucket")),
                with(Map.of("bucket", "No Bucket")),
                with(Map.of("endpoint", "nowhere")),
                with(Map.of("endpoint", "http://127.0.0.1:1", "max-attempts", "1")),
                with(Map.of("part-mebibytes", "4")),
                with(Map.of("prefix", "a b")),
                with(Map.of("secret-access-key", "")));
    }

    @Override
    public TckProviderContext context() {
        return context;
    }

    @Override
    public Duration timeLimit() {
        return Duration.ofSeconds(60);
    }

    /** Three parts and a rest. */
    @Override
    public int largeObjectBytes() {
        return (16 << 20) + 12_345;
    }

    @Override
    public Optional<Corrupter> corrupter() {
        return stored.map(bucket -> key -> {
            try (RandomAccessFile file =
                    new RandomAccessFile(bucket.resolve(PREFIX).resolve(key).toFile(), "rw")) {
                file.seek(5000);
                int was = file.read();
                file.seek(5000);
                file.write(was ^ 1);
            }
        });
    }

    @Override
    public void close() throws Exception {
        server.close();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
