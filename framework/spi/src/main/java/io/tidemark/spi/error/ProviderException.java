package io.tidemark.spi.error;

import org.jspecify.annotations.Nullable;

/**
 * The one checked exception of the SPI: a kind that decides policy, and three texts for the person who has to act.
 *
 * <p>Write the texts for somebody who is woken by them: what happened, why, what to do next.
 */
public final class ProviderException extends Exception {
    private final FailureKind kind;
    private final String happened;
    private final String why;
    private final String remedy;

    public ProviderException(FailureKind kind, String happened, String why, String remedy) {
        this(kind, happened, why, remedy, null);
    }

    public ProviderException(FailureKind kind, String happened, String why, String remedy, @Nullable Throwable cause) {
        super(happened + ": " + why + ". " + remedy, cause);
        this.kind = kind;
        this.happened = happened;
        this.why = why;
        this.remedy = remedy;
    }

    public FailureKind kind() {
        return kind;
    }

    /** What happened, without a full stop. */
    public String happened() {
        return happened;
    }

    /** Why, without a full stop. */
    public String why() {
        return why;
    }

    /** What to do next; a sentence. */
    public String remedy() {
        return remedy;
    }
}
