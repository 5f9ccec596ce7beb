package io.tidemark.control.recovery;

/** What is done with a checkpoint. */
public enum RecoveryType {
    /** VMs run isolated and are thrown away; replication goes on. */
    TEST,
    /** VMs run for good once committed. */
    FAILOVER
}
