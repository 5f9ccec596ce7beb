package io.tidemark.bench.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Locale;

/** What fio reports of one job. */
public final class FioResult {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double NANOS_PER_MICRO = 1000;

    private final JsonNode job;

    private FioResult(JsonNode job) {
        this.job = job;
    }

    static FioResult parse(String report) throws IOException {
        // Some engines print a line before the report.
        int start = report.indexOf('{');
        if (start < 0) {
            throw new IOException("fio printed no report: " + report);
        }
        JsonNode job = JSON.readTree(report.substring(start)).path("jobs").path(0);
        if (job.path("error").asInt(-1) != 0) {
            throw new IOException("fio's job failed with error " + job.path("error"));
        }
        return new FioResult(job);
    }

    public double writtenBytesPerSecond() {
        return positive("write", "bw_bytes");
    }

    public double writesPerSecond() {
        return positive("write", "iops");
    }

    public double readsPerSecond() {
        return positive("read", "iops");
    }

    /**
     * From issue to completion of a write.
     *
     * @param part of 1, such as 0.99
     */
    public double writeMicros(double part) throws IOException {
        return micros(job.path("write").path("clat_ns"), part);
    }

    /** Of the fsync or fdatasync alone. */
    public double syncMicros(double part) throws IOException {
        return micros(job.path("sync").path("lat_ns"), part);
    }

    private double positive(String direction, String field) {
        return job.path(direction).path(field).asDouble();
    }

    private static double micros(JsonNode latency, double part) throws IOException {
        String key = String.format(Locale.ROOT, "%.6f", part * 100);
        JsonNode value = latency.path("percentile").path(key);
        if (!value.isNumber()) {
            throw new IOException("fio reported no percentile " + key);
        }
        return value.asDouble() / NANOS_PER_MICRO;
    }
}
