package io.tidemark.pluginhost;

import org.jspecify.annotations.Nullable;

/** A plugin file or folder that cannot be used, with the reason and the remedy. */
public final class PluginException extends Exception {
    private final PluginProblem problem;

    public PluginException(PluginProblem problem) {
        this(problem, null);
    }

    public PluginException(PluginProblem problem, @Nullable Throwable cause) {
        super(problem.toString(), cause);
        this.problem = problem;
    }

    PluginException(String happened, String why, String remedy) {
        this(new PluginProblem(happened, why, remedy), null);
    }

    public PluginProblem problem() {
        return problem;
    }
}
