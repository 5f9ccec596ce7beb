package io.tidemark.target.aws.preflight;

import io.tidemark.spi.recovery.PreflightReport.Finding;
import io.tidemark.spi.recovery.PreflightReport.Severity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what the checks find. One thread. */
final class Findings {
    private final List<Finding> all = new ArrayList<>();

    void error(String subject, String problem, String remedy) {
        all.add(new Finding(Severity.ERROR, subject, problem, remedy));
    }

    void warning(String subject, String problem, String remedy) {
        all.add(new Finding(Severity.WARNING, subject, problem, remedy));
    }

    void info(String subject, String problem, String remedy) {
        all.add(new Finding(Severity.INFO, subject, problem, remedy));
    }

    /** Worst first, otherwise as they were found. */
    List<Finding> sorted() {
        return all.stream().sorted(Comparator.comparing(Finding::severity)).toList();
    }
}
