package io.tidemark.journal;

import io.tidemark.journal.MemoryFiles.Call;
import io.tidemark.journal.MemoryFiles.Fault;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;

/** One fault that befalls a store some calls from now, and whether it has. */
final class FaultPlan implements MemoryFiles.Faults {
    /** What happens. */
    enum Kind {
        NOTHING,
        /** The process is killed in a call that changes something. */
        KILL,
        /** A call that changes something fails. */
        ERROR,
        FAILED_SYNC,
        FAILED_WRITE,
        SHORT_WRITE,
        /** Nothing new finds room for a while. */
        NO_SPACE,
        FAILED_READ
    }

    private final Kind kind;
    private final boolean once;
    private int countdown;
    private int longest;
    private boolean fired;

    private FaultPlan(Kind kind, int countdown, int longest) {
        this.kind = kind;
        this.countdown = countdown;
        this.longest = longest;
        this.once = kind != Kind.NO_SPACE;
    }

    static FaultPlan none() {
        return new FaultPlan(Kind.NOTHING, 0, 0);
    }

    static FaultPlan random(Random random) {
        Kind[] kinds = Kind.values();
        Kind kind = random.nextInt(3) == 0 ? Kind.KILL : kinds[random.nextInt(kinds.length)];
        int calls =
                switch (kind) {
                    case NO_SPACE -> 8;
                    case FAILED_SYNC -> 30;
                    default -> 90;
                };
        return new FaultPlan(kind, 1 + random.nextInt(calls), 1 + random.nextInt(6));
    }

    Kind kind() {
        return kind;
    }

    boolean fired() {
        return fired;
    }

    private boolean concerns(Call call) {
        return switch (kind) {
            case NOTHING -> false;
            case KILL, ERROR -> call.changes();
            case FAILED_SYNC -> call == Call.SYNC || call == Call.SYNC_FOLDER;
            case FAILED_WRITE, SHORT_WRITE -> call == Call.WRITE;
            case NO_SPACE -> call == Call.CREATE || call == Call.EXTEND;
            case FAILED_READ -> call == Call.READ || call == Call.OPEN;
        };
    }

    @Override
    public Fault on(Call call, Path file) {
        if (!concerns(call) || (once && fired) || --countdown > 0) {
            return Fault.NONE;
        }
        fired = true;
        if (!once && longest-- <= 0) {
            return Fault.NONE;
        }
        return switch (kind) {
            case NOTHING -> Fault.NONE;
            case KILL -> Fault.CRASH;
            case SHORT_WRITE -> Fault.HALF;
            default -> Fault.ERROR;
        };
    }

    /** How often each kind befell a store. */
    static final class Count {
        private final Map<Kind, Integer> counts = new EnumMap<>(Kind.class);

        void add(FaultPlan plan) {
            if (plan.fired) {
                counts.merge(plan.kind, 1, Integer::sum);
            }
        }

        int of(Kind kind) {
            return counts.getOrDefault(kind, 0);
        }

        @Override
        public String toString() {
            return counts.toString();
        }
    }
}
