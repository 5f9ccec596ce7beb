package io.tidemark.control.report;

/**
 * Quantiles over the newest samples (at most 100,000), exact. All zero when there are none; the unit is that of the samples.
 *
 * @param samples how many there were since start
 */
public record Distribution(long samples, long p50, long p95, long p99, long max) {}
