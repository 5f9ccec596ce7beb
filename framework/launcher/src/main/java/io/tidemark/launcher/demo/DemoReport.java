package io.tidemark.launcher.demo;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a run measured; the file of {@code --report}.
 *
 * @param hypervisor kind of the hypervisor that ran the VMs
 * @param target name of the recovery target; the hypervisor itself unless another one was chosen
 * @param checkpoints that became durable before the disaster
 * @param recoveredAt time of the checkpoint that was recovered, ISO 8601
 * @param secondsOfWritesLost from that checkpoint to the first damaging write
 * @param rtoSeconds from the request to the recovered guests answering; where the target runs none, to its saying that the VMs run
 * @param ledgerVerified the reports of the recovered guests, or of guests on copies of the recovered disks, form one unbroken ledger, with every entry acknowledged before the checkpoint
 * @param blocksVerified the tagged checkpoint is byte-identical to the source as it was then, on every block of every volume; where disks
 *     were read back from the target, they are identical to the recovered checkpoint too
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record DemoReport(
        String hypervisor,
        String target,
        List<Vm> vms,
        long checkpoints,
        int checkpointIntervalSeconds,
        Percentiles rpoSeconds,
        Percentiles holdMillis,
        String recoveredAt,
        double secondsOfWritesLost,
        double rtoSeconds,
        boolean ledgerVerified,
        boolean blocksVerified,
        List<Step> steps) {

    /** A protected VM. */
    record Vm(String name, List<Long> diskSizesBytes, long ledgerEntriesWritten, long ledgerEntriesRecovered) {}

    /** Of a distribution; what a figure does not use is left out. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Percentiles(
            Double p50,
            @org.jspecify.annotations.Nullable Double p95,
            @org.jspecify.annotations.Nullable Double p99,
            Double max) {}

    /** One step of the story. */
    record Step(String title, String state, long millis) {}

    void write(Path file) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), this);
    }
}
