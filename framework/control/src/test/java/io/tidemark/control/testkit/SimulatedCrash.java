package io.tidemark.control.testkit;

/** The process dies here. An error, so that no handler of failures sees it. */
public final class SimulatedCrash extends Error {
    public SimulatedCrash(String where) {
        super("simulated kill -9 at " + where, null, false, false);
    }
}
