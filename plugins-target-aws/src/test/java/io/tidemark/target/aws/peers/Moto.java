package io.tidemark.target.aws.peers;

import java.util.List;
import java.util.Map;

/** moto's server: EC2, EBS direct, STS, IAM and S3 of somebody who does not know this plugin. */
public final class Moto implements AutoCloseable {
    public static final String REGION = "eu-central-1";

    private final PeerProcess process;

    private Moto(PeerProcess process) {
        this.process = process;
    }

    public static Moto start() throws Exception {
        return start(Map.of());
    }

    public static Moto start(Map<String, String> environment) throws Exception {
        String program = PeerProcess.tool("moto").toString();
        return new Moto(PeerProcess.start(
                port -> List.of(program, "-H", "127.0.0.1", "-p", Integer.toString(port)), environment));
    }

    public String uri() {
        return process.uri();
    }

    @Override
    public void close() throws Exception {
        process.close();
    }
}
