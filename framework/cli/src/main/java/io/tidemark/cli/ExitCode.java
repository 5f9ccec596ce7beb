package io.tidemark.cli;

/** What the process ends with, for scripts. */
enum ExitCode {
    OK(0),
    ERROR(1),
    USAGE(2),
    NOT_FOUND(3),
    NOT_AUTHENTICATED(4),
    CONFLICT(5),
    TASK_FAILED(6),
    TIMED_OUT(7),
    BREACH(8);

    private final int number;

    ExitCode(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    static ExitCode of(ApiException problem) {
        return switch (problem.status()) {
            case 400, 413, 415 -> USAGE;
            case 401, 403 -> NOT_AUTHENTICATED;
            case 404, 410 -> NOT_FOUND;
            case 409, 412, 422, 428 -> CONFLICT;
            default -> ERROR;
        };
    }
}
