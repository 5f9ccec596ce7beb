package io.tidemark.launcher.journal;

/** Ends a command with the three things that a person has to know. */
final class Refusal extends Exception {
    private final String happened;
    private final String why;
    private final String remedy;

    Refusal(String happened, String why, String remedy) {
        super(happened + ": " + why + ". " + remedy);
        this.happened = happened;
        this.why = why;
        this.remedy = remedy;
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
