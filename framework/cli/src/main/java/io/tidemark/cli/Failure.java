package io.tidemark.cli;

/** Ends a command with an exit code and the three things that a person has to know. */
final class Failure extends RuntimeException {
    private final ExitCode code;
    private final String happened;
    private final String why;
    private final String remedy;

    Failure(ExitCode code, String happened, String why, String remedy) {
        super(happened + ": " + why + ". " + remedy);
        this.code = code;
        this.happened = happened;
        this.why = why;
        this.remedy = remedy;
    }

    ExitCode code() {
        return code;
    }

    String happened() {
        return happened;
    }

    String why() {
        return why;
    }

    String remedy() {
        return remedy;
    }
}
