package io.tidemark.target.aws.preflight;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.PreflightReport;
import io.tidemark.spi.recovery.PreflightReport.Finding;
import io.tidemark.spi.recovery.RecoveryPreflight;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.target.aws.client.AwsClients;
import io.tidemark.target.aws.client.AwsConfig;
import io.tidemark.target.aws.launch.Placement;
import io.tidemark.target.aws.preflight.PermissionProbes.Answer;
import io.tidemark.target.aws.preflight.PermissionProbes.Result;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Puts all checks together: a check that cannot be made because of another finding is left out, never the rest. Any thread. */
public final class AwsPreflight implements RecoveryPreflight {
    private final AwsClients clients;
    private final AwsConfig config;

    public AwsPreflight(AwsClients clients, AwsConfig config) {
        this.clients = clients;
        this.config = config;
    }

    @Override
    public PreflightReport check(List<PlannedVm> vms, Purpose purpose, Deadline deadline) throws ProviderException {
        Findings findings = new Findings();
        AwsConfig.Network network = purpose == Purpose.TEST ? config.test() : config.live();
        TreeSet<String> denied = checkPermissions(network.subnet(), findings, deadline);
        Map<String, Placement> placements = new LinkedHashMap<>();
        for (PlannedVm vm : vms) {
            try {
                placements.put(vm.name(), Placement.of(config, purpose, vm.placement()));
            } catch (ProviderException wrong) {
                findings.error("VM " + vm.name(), wrong.why(), wrong.remedy());
            }
        }
        PlaceCheck places = new PlaceCheck(clients.ec2(), config, findings);
        attempt(findings, "networks", () -> places.check(placements, purpose, deadline));
        VmCheck each = new VmCheck(clients.ec2(), config, findings);
        for (PlannedVm vm : vms) {
            Placement placement = placements.get(vm.name());
            if (placement != null) {
                attempt(
                        findings,
                        "VM " + vm.name(),
                        () -> each.check(vm, placement, places.zone(placement.subnet()), deadline));
            }
        }
        if (config.encryptionKey().filter(key -> key.startsWith("arn:")).isPresent()) {
            findings.info(
                    "setting encryption-key",
                    "the permissions on the KMS key cannot be tried without using it",
                    "Allow kms:DescribeKey, kms:CreateGrant, kms:Decrypt, kms:ReEncrypt* and"
                            + " kms:GenerateDataKeyWithoutPlaintext on it.");
        }
        findings.info(
                "service quotas",
                "running vCPUs and numbers of snapshots, images and launch templates are not read",
                "Look at Service Quotas in the console before a large recovery.");
        List<Finding> sorted = findings.sorted();
        return new PreflightReport(sorted, ReportText.of(sorted, denied, config));
    }

    private TreeSet<String> checkPermissions(String subnet, Findings findings, Deadline deadline) {
        TreeSet<String> denied = new TreeSet<>();
        TreeSet<String> unproven = new TreeSet<>();
        for (Result result : new PermissionProbes(clients, subnet).run(deadline)) {
            if (result.answer() == Answer.DENIED) {
                denied.add(result.action());
            } else if (result.answer() == Answer.UNPROVEN) {
                unproven.add(result.action() + " (" + result.detail() + ")");
            }
        }
        for (String action : denied) {
            findings.error("permission " + action, "this identity may not do it", "Add the policy below to it.");
        }
        if (!unproven.isEmpty()) {
            findings.info(
                    "permissions",
                    "not denied, but AWS objected to something else before it decided: " + String.join(", ", unproven),
                    "Nothing to do, unless one of them is denied later.");
        }
        return denied;
    }

    /** A check. */
    @FunctionalInterface
    private interface Check {
        void run() throws ProviderException;
    }

    /** What the target says no to is a finding; that it cannot be asked ends the preflight. */
    private static void attempt(Findings findings, String subject, Check check) throws ProviderException {
        try {
            check.run();
        } catch (ProviderException failed) {
            if (failed.kind() != FailureKind.REJECTED && failed.kind() != FailureKind.CONFLICT) {
                throw failed;
            }
            findings.error(
                    subject, "it could not be checked: " + failed.happened() + ": " + failed.why(), failed.remedy());
        }
    }
}
