package io.tidemark.target.aws.peers;

import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What goes wrong at the gateway: refusals at random with a seed, refused actions, and the end of the world after some request. Thread-safe. */
public final class Faults {
    private final Set<String> denied = ConcurrentHashMap.newKeySet();
    private Random random = new Random(1);
    private double throttleRate;
    private double errorRate;
    private int requests;
    private int deadAfter = Integer.MAX_VALUE;
    private int unseenPuts;

    /** Requests of EBS direct are throttled, or fail with 5xx, with these probabilities. */
    public synchronized void unreliable(long seed, double throttled, double failing) {
        random = new Random(seed);
        throttleRate = throttled;
        errorRate = failing;
    }

    /** The first puts of blocks answer that there is no such snapshot, as a service does that is consistent eventually. */
    public synchronized void unseenPuts(int puts) {
        unseenPuts = puts;
    }

    /** An action that this caller may not do, for example {@code ebs:PutSnapshotBlock}. */
    public void deny(String action) {
        denied.add(action);
    }

    /** The next so many requests are answered; the one after is carried out, but its answer is lost, and nothing is answered any more. */
    public synchronized void dieAfter(int answers) {
        requests = 0;
        deadAfter = answers;
    }

    /** All is well again. */
    public synchronized void none() {
        throttleRate = 0;
        errorRate = 0;
        deadAfter = Integer.MAX_VALUE;
        unseenPuts = 0;
        denied.clear();
    }

    /** Whether the fault of {@link #dieAfter} came to pass. */
    public synchronized boolean died() {
        return requests > deadAfter;
    }

    /** What becomes of a request. */
    enum Fate {
        ANSWERED,
        /** Carried out, not answered. */
        UNANSWERED,
        /** Not even carried out. */
        DROPPED
    }

    synchronized Fate next() {
        requests++;
        if (requests <= deadAfter) {
            return Fate.ANSWERED;
        }
        return requests == deadAfter + 1 ? Fate.UNANSWERED : Fate.DROPPED;
    }

    synchronized void beforeEbs(String action) throws EbsRefusal {
        if (denied.contains(action)) {
            throw new EbsRefusal(403, "AccessDeniedException", "You are not authorized to perform " + action);
        }
        if (action.equals("ebs:PutSnapshotBlock") && unseenPuts > 0) {
            unseenPuts--;
            throw EbsRefusal.notFound("(not seen yet)");
        }
        double dice = random.nextDouble();
        if (dice < throttleRate) {
            Optional<Integer> wait = random.nextInt(20) == 0 ? Optional.of(1) : Optional.empty();
            throw new EbsRefusal(400, "RequestThrottledException", "Rate exceeded", wait);
        }
        if (dice < throttleRate + errorRate) {
            throw random.nextBoolean()
                    ? new EbsRefusal(500, "InternalServerException", "An internal error has occurred")
                    : new EbsRefusal(503, "ServiceUnavailable", "Try again");
        }
    }
}
