package io.tidemark.hypervisor.sim;

import java.util.Optional;
import java.util.concurrent.ThreadFactory;

/**
 * How the guests of one host behave.
 *
 * @param threads run their workload
 */
record GuestSettings(int workloadWritesPerSecond, Optional<TraceFolder> trace, ThreadFactory threads) {}
