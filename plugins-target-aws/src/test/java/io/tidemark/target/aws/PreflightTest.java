package io.tidemark.target.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.spi.recovery.PreflightReport;
import io.tidemark.spi.recovery.PreflightReport.Finding;
import io.tidemark.spi.recovery.PreflightReport.Severity;
import io.tidemark.spi.recovery.RecoveryPreflight.PlannedVm;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.site.VmHardware;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The preflight names everything that is in the way at once, and changes nothing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PreflightTest {
    private static final long GIB = 1L << 30;
    private static final VmHardware SMALL = new VmHardware(GIB, 1, Optional.empty());

    private @Nullable AwsLab maybeLab;

    @BeforeAll
    void makeLab() throws Exception {
        maybeLab = new AwsLab();
    }

    @AfterAll
    void closeLab() throws Exception {
        if (maybeLab != null) {
            maybeLab.close();
        }
    }

    @AfterEach
    void nothingWasMade() {
        lab().gateway().faults().none();
        assertEquals(Set.of(), lab().fake().ids());
        assertEquals(List.of(), lab().ec2().describeLaunchTemplates().launchTemplates());
        assertEquals(
                List.of(),
                lab().ec2().describeImages(request -> request.owners("self")).images());
    }

    private AwsLab lab() {
        AwsLab lab = maybeLab;
        if (lab == null) {
            throw new IllegalStateException("the lab was not made");
        }
        return lab;
    }

    private PreflightReport check(Purpose purpose, PlannedVm... vms) throws Exception {
        return lab().site().recoveryPreflight().orElseThrow().check(List.of(vms), purpose, AwsLab.deadline());
    }

    private static PlannedVm vm(String name, Map<String, String> placement) {
        return new PlannedVm(name, SMALL, List.of(10 * GIB), 1, placement);
    }

    private static void assertFound(PreflightReport report, Severity severity, String subject, String... parts) {
        assertTrue(
                report.findings().stream()
                        .anyMatch(finding -> finding.severity() == severity
                                && finding.subject().equals(subject)
                                && List.of(parts).stream().allMatch(finding.problem()::contains)),
                () -> "no " + severity + " of " + subject + " with " + List.of(parts) + " in\n" + report.text());
    }

    @Test
    void aRecoveryThatCanBeDoneIsNotHeldUp() throws Exception {
        lab().restart();
        PlannedVm odd = new PlannedVm("odd", SMALL, List.of(10 * GIB, 5 * GIB + 512), 2, Map.of());
        PreflightReport report = check(Purpose.TEST, vm("web", Map.of()), odd);
        assertTrue(report.passed(), report::text);
        assertFound(report, Severity.INFO, "VM web", "t3.micro");
        assertFound(report, Severity.INFO, "VM odd", "disk 1 from 5.000 to 6 GiB");
        assertFound(report, Severity.WARNING, "VM odd", "2 network interfaces");
        assertTrue(report.text().contains("nothing is in the way"), report::text);
    }

    @Test
    void whatIsWrongWithNetworksAndVmsIsNamedAllAtOnce() throws Exception {
        lab().restart(Map.of(
                "live.subnet",
                "subnet-0404",
                "live.security-groups",
                "sg-0404",
                "test.security-groups",
                lab().live().group() + "," + lab().test().group()));
        lab().ec2()
                .createNetworkInterface(
                        request -> request.subnetId(lab().test().subnet()).privateIpAddress("10.2.7.50"));
        PreflightReport report = check(
                Purpose.TEST,
                vm("fine", Map.of()),
                vm("taken", Map.of("test.private-ip", "10.2.7.50")),
                vm("outside", Map.of("test.private-ip", "10.9.7.50")),
                vm("reserved", Map.of("test.private-ip", "10.2.7.3")),
                vm("one", Map.of("test.private-ip", "10.2.7.60")),
                vm("two", Map.of("test.private-ip", "10.2.7.60")),
                vm("nowhere", Map.of("test.subnet", "subnet-0405")),
                vm("typeless", Map.of("instance-type", "m5.gigantic")),
                vm("strange", Map.of("colour", "red")),
                new PlannedVm(
                        "cramped",
                        new VmHardware(64 * GIB, 16, Optional.empty()),
                        List.of(GIB),
                        1,
                        Map.of("instance-type", "t3.micro")),
                new PlannedVm("monster", new VmHardware(4096 * GIB, 4, Optional.empty()), List.of(GIB), 1, Map.of()),
                new PlannedVm("many", SMALL, Collections.nCopies(60, GIB), 1, Map.of()),
                new PlannedVm("huge", SMALL, List.of(20_000 * GIB), 1, Map.of()),
                new PlannedVm("diskless", SMALL, List.of(), 1, Map.of()));
        assertFalse(report.passed());
        assertFound(report, Severity.ERROR, "setting live", "no subnet subnet-0404");
        assertFound(report, Severity.ERROR, "setting live", "no security group sg-0404");
        assertFound(
                report,
                Severity.ERROR,
                "setting test",
                lab().live().group(),
                lab().test().vpc());
        assertFound(report, Severity.ERROR, "VM taken", "10.2.7.50 is in use");
        assertFound(report, Severity.ERROR, "VM outside", "cannot be assigned");
        assertFound(report, Severity.ERROR, "VM reserved", "cannot be assigned");
        assertFound(report, Severity.ERROR, "VM two", "another VM's too");
        assertFound(report, Severity.ERROR, "VM nowhere", "no subnet subnet-0405");
        assertFound(report, Severity.ERROR, "VM typeless", "no instance type m5.gigantic");
        assertFound(report, Severity.ERROR, "VM strange", "colour");
        assertFound(report, Severity.ERROR, "VM cramped", "MiB of memory");
        assertFound(report, Severity.ERROR, "VM cramped", "processors");
        assertFound(report, Severity.ERROR, "VM monster", "none of the");
        assertFound(report, Severity.ERROR, "VM many", "60 disks");
        assertFound(report, Severity.ERROR, "VM huge", "20000 GiB");
        assertFound(report, Severity.ERROR, "VM diskless", "no disk");
        assertTrue(
                report.findings().stream()
                        .noneMatch(finding -> finding.severity() == Severity.ERROR
                                && finding.subject().equals("VM fine")),
                report::text);
        List<Severity> order = report.findings().stream().map(Finding::severity).toList();
        assertEquals(order.stream().sorted().toList(), order, "worst first");
    }

    @Test
    void aTestBesideProductionIsRefused() throws Exception {
        String beside = lab().ec2()
                .createSubnet(request -> request.vpcId(lab().live().vpc()).cidrBlock("10.1.8.0/24"))
                .subnet()
                .subnetId();
        lab().restart(Map.of("test.subnet", beside, "test.security-groups", ""));
        assertFound(check(Purpose.TEST, vm("a", Map.of())), Severity.ERROR, "setting test.subnet", "reach production");
        assertFound(
                check(Purpose.LIVE, vm("a", Map.of())), Severity.WARNING, "setting test.subnet", "reach production");
        lab().restart();
        assertFound(
                check(Purpose.TEST, vm("a", Map.of("test.subnet", beside))),
                Severity.ERROR,
                "VM a",
                "reach production");
    }

    @Test
    void missingPermissionsOfEbsDirectAreNamedWithAPolicyToPaste() throws Exception {
        lab().restart();
        Set<String> denied = Set.of("ebs:PutSnapshotBlock", "ebs:StartSnapshot", "ebs:GetSnapshotBlock");
        denied.forEach(lab().gateway().faults()::deny);
        assertEquals(denied, policy(check(Purpose.LIVE).text()));
        lab().gateway().faults().none();
        assertFalse(check(Purpose.LIVE).text().contains("Policy"));
    }

    /** moto enforces policies of IAM, so that this is the answer of somebody who does not know the plugin. */
    @Test
    void missingPermissionsOfEc2AreNamedWithAPolicyToPaste() throws Exception {
        Set<String> allowed = Set.of("ec2:Describe*", "ec2:RunInstances", "ec2:CreateTags", "sts:*", "ebs:*");
        try (LimitedUser user = new LimitedUser(lab(), allowed)) {
            PreflightReport report =
                    user.site().recoveryPreflight().orElseThrow().check(List.of(), Purpose.LIVE, AwsLab.deadline());
            Set<String> ec2 = policy(report.text()).stream()
                    .filter(action -> action.startsWith("ec2:"))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertEquals(
                    new TreeSet<>(Set.of(
                            "ec2:CreateLaunchTemplate",
                            "ec2:CreateNetworkInterface",
                            "ec2:DeleteLaunchTemplate",
                            "ec2:DeleteNetworkInterface",
                            "ec2:DeleteSnapshot",
                            "ec2:DeleteVolume",
                            "ec2:DeregisterImage",
                            "ec2:ModifyInstanceAttribute",
                            "ec2:RegisterImage",
                            "ec2:StartInstances",
                            "ec2:StopInstances",
                            "ec2:TerminateInstances")),
                    ec2,
                    report::text);
        }
    }

    /** The actions of the policy in a report. */
    private static Set<String> policy(String text) throws Exception {
        JsonNode policy = new ObjectMapper().readTree(text.substring(text.indexOf("{\n")));
        assertEquals("2012-10-17", policy.path("Version").asText());
        JsonNode statement = policy.path("Statement").get(0);
        assertEquals("Allow", statement.path("Effect").asText());
        Set<String> actions = new TreeSet<>();
        statement.path("Action").forEach(action -> actions.add(action.asText()));
        return actions;
    }
}
