package io.tidemark.spi.recovery;

import java.util.List;

/**
 * What a preflight found.
 *
 * @param findings worst first
 * @param text the whole report for a person, with anything to copy and paste
 */
public record PreflightReport(List<Finding> findings, String text) {
    public PreflightReport {
        findings = List.copyOf(findings);
    }

    /** No finding forbids the recovery. */
    public boolean passed() {
        return findings.stream().noneMatch(finding -> finding.severity() == Severity.ERROR);
    }

    /**
     * One finding.
     *
     * @param subject what it is about: a VM, a setting, a permission
     * @param problem what is wrong, without a full stop
     * @param remedy what to do; a sentence
     */
    public record Finding(Severity severity, String subject, String problem, String remedy) {}

    /** How much a finding matters; worst first. */
    public enum Severity {
        /** The recovery would fail. */
        ERROR,
        /** The recovery may fail, or be less than it could be. */
        WARNING,
        /** Good to know. */
        INFO
    }
}
