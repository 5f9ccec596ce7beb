package io.tidemark.control.recovery;

/** What a person found in a failover test. */
public enum TestResult {
    PASSED,
    FAILED
}
