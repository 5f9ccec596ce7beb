package io.tidemark.server.rest;

/** Ends a request with a problem. */
final class ProblemException extends RuntimeException {
    private final Problem problem;

    ProblemException(Problem problem) {
        super(problem.title() + ": " + problem.detail());
        this.problem = problem;
    }

    Problem problem() {
        return problem;
    }
}
