package io.tidemark.control;

import io.tidemark.spi.error.ProviderException;
import java.util.List;

/** Turns failures of the data plane and of plugins into errors of the control plane, with their texts. */
public final class ProviderFailures {
    private ProviderFailures() {}

    public static ControlException translate(ProviderException e) {
        ErrorCode code =
                switch (e.kind()) {
                    case RETRY_LATER, UNREACHABLE -> ErrorCode.PROVIDER_UNREACHABLE;
                    case REJECTED, UNSUPPORTED, CONFLICT -> ErrorCode.PROVIDER_REFUSED;
                    case CONTINUITY_LOST, CORRUPT, BUG -> ErrorCode.DATA_PLANE;
                };
        return new ControlException(code, e.happened(), e.why(), e.remedy(), List.of(), e);
    }

    /** Calls a provider; its checked exception leaves as {@link ControlException}. */
    public static <T> T calling(Call<T> call) {
        try {
            return call.call();
        } catch (ProviderException e) {
            throw translate(e);
        }
    }

    /** As {@link #calling}, without a result. */
    public static void running(Run run) {
        try {
            run.run();
        } catch (ProviderException e) {
            throw translate(e);
        }
    }

    /** A call of a provider. */
    @FunctionalInterface
    public interface Call<T> {
        T call() throws ProviderException;
    }

    /** A call of a provider that gives nothing. */
    @FunctionalInterface
    public interface Run {
        void run() throws ProviderException;
    }
}
