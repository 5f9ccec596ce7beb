package io.tidemark.target.aws.preflight;

import io.tidemark.spi.recovery.PreflightReport.Finding;
import io.tidemark.spi.recovery.PreflightReport.Severity;
import io.tidemark.target.aws.client.AwsConfig;
import java.util.List;
import java.util.SortedSet;
import java.util.stream.Collectors;

/** The report as a person reads it, with the policy to paste. */
final class ReportText {
    private ReportText() {}

    static String of(List<Finding> findings, SortedSet<String> denied, AwsConfig config) {
        long errors = findings.stream()
                .filter(each -> each.severity() == Severity.ERROR)
                .count();
        StringBuilder text = new StringBuilder(
                        "Preflight of AWS region " + config.access().region() + ": ")
                .append(
                        switch ((int) errors) {
                            case 0 -> "nothing is in the way of a recovery.";
                            case 1 -> "one thing is in the way of a recovery.";
                            default -> errors + " things are in the way of a recovery.";
                        })
                .append('\n');
        for (Finding finding : findings) {
            text.append('\n')
                    .append(finding.severity())
                    .append("  ")
                    .append(finding.subject())
                    .append(": ")
                    .append(finding.problem())
                    .append(". ")
                    .append(finding.remedy());
        }
        if (!denied.isEmpty()) {
            text.append("\n\nPolicy with what is missing, to paste into IAM:\n\n")
                    .append(policy(denied));
        }
        return text.append('\n').toString();
    }

    /** An IAM policy that allows the actions. */
    static String policy(SortedSet<String> actions) {
        String list =
                actions.stream().map(action -> "        \"" + action + "\"").collect(Collectors.joining(",\n"));
        return """
                {
                  "Version": "2012-10-17",
                  "Statement": [
                    {
                      "Sid": "TidemarkRecovery",
                      "Effect": "Allow",
                      "Action": [
                %s
                      ],
                      "Resource": "*"
                    }
                  ]
                }""".formatted(list);
    }
}
