package io.tidemark.journal;

/** What happened in some lives; a test of nothing would count nothing. */
final class FaultsSeen {
    final FaultPlan.Count faults = new FaultPlan.Count();
    long folded;
    long thinnedBytes;
    long marks;
    long resent;
    long pendingAtFault;
}
