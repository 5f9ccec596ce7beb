package io.tidemark.journal;

/** The numbers that stand for a checkpoint's kind and pinning in files; they never change. */
final class CheckpointCodes {
    private CheckpointCodes() {}

    static byte of(CheckpointRecord.Kind kind) {
        return switch (kind) {
            case AUTOMATIC -> 0;
            case TAGGED -> 1;
            case APPLICATION_CONSISTENT -> 2;
        };
    }

    /** @throws IllegalArgumentException for an unknown number */
    static CheckpointRecord.Kind kind(int code) {
        return switch (code) {
            case 0 -> CheckpointRecord.Kind.AUTOMATIC;
            case 1 -> CheckpointRecord.Kind.TAGGED;
            case 2 -> CheckpointRecord.Kind.APPLICATION_CONSISTENT;
            default -> throw new IllegalArgumentException("unknown kind of checkpoint: " + code);
        };
    }

    static byte of(Pinning pinning) {
        return switch (pinning) {
            case UNPINNED -> 0;
            case PINNED -> 1;
        };
    }

    /** @throws IllegalArgumentException for an unknown number */
    static Pinning pinning(int code) {
        return switch (code) {
            case 0 -> Pinning.UNPINNED;
            case 1 -> Pinning.PINNED;
            default -> throw new IllegalArgumentException("unknown pinning: " + code);
        };
    }
}
