package io.tidemark.control.vpg;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.FieldError;
import io.tidemark.control.dataplane.ProtectedVpg.Member;
import io.tidemark.control.dataplane.ProtectedVpg.MemberVolume;
import io.tidemark.control.peer.PeerClient;
import io.tidemark.control.site.PeerView;
import io.tidemark.control.vm.VirtualMachines;
import io.tidemark.control.vm.VmView;
import io.tidemark.control.vpg.VpgMessages.CheckAnswer;
import io.tidemark.control.vpg.VpgMessages.CheckRequest;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Turns a request to protect something into a definition, or into errors that say everything that is wrong with it. Changes nothing. */
final class CreationPlanner {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    private final VpgContext context;
    private final VpgRegistry registry;
    private final VirtualMachines vms;
    private final PeerClient peers;

    CreationPlanner(VpgContext context, VpgRegistry registry, VirtualMachines vms, PeerClient peers) {
        this.context = context;
        this.registry = registry;
        this.vms = vms;
        this.peers = peers;
    }

    /** A definition that can be persisted, and what to tell about it. */
    Planned plan(CreateVpg request) {
        checkFields(request);
        registry.checkNameFree(request.name());
        PeerView site = context.peers().find(request.recoverySite()).orElseThrow(() -> notPaired(request));
        List<String> warnings = new ArrayList<>();
        List<MemberDefinition> members = members(request, warnings);
        CheckAnswer answer = peers.ask(
                site.id(),
                "vpg.check",
                new CheckRequest(request.name(), request.recoveryHypervisor(), Optional.of(members)),
                CheckAnswer.class,
                // The preflight of a target asks others in its turn.
                context.settings().peerTimeout().plus(context.settings().hypervisorTimeout()));
        answer.warnings().ifPresent(warnings::addAll);
        VpgRecord row = new VpgRecord(
                VpgId.random(),
                request.name(),
                VpgRole.PROTECTED,
                VpgLifecycle.DEFINED,
                site.id(),
                answer.recoveryHypervisor(),
                request.policy(),
                1,
                members,
                Optional.empty(),
                context.clock().instant(),
                1);
        long totalBytes = members.stream()
                .flatMap(member -> member.member().volumes().stream())
                .mapToLong(MemberVolume::sizeBytes)
                .sum();
        request.policy()
                .journalLimits()
                .maxBytes()
                .filter(limit -> limit <= totalBytes)
                .ifPresent(limit -> warnings.add("The journal limit of " + limit + " bytes is not more than the "
                        + totalBytes + " bytes of the volumes: their base images alone may come to take all of it, and"
                        + " leave no room for history."));
        VpgPlan plan = new VpgPlan(
                row.name(),
                members.stream().map(MemberDefinition::member).toList(),
                site.name(),
                row.recoveryHypervisor(),
                totalBytes,
                warnings);
        return new Planned(row, plan);
    }

    private ControlException notPaired(CreateVpg request) {
        boolean self =
                request.recoverySite().equalsIgnoreCase(context.settings().siteName())
                        || request.recoverySite()
                                .equalsIgnoreCase(context.settings().site().toString());
        return new ControlException(
                ErrorCode.PEER_NOT_FOUND,
                "VPG '" + request.name() + "' was not created",
                self
                        ? "a VPG cannot be recovered at the site that it is protected at"
                        : "no site '" + request.recoverySite() + "' is paired with this one",
                "Choose a paired site; list the sites to see them.",
                List.of(new FieldError("/recoverySite", "is not a paired site")),
                null);
    }

    private List<MemberDefinition> members(CreateVpg request, List<String> warnings) {
        List<MemberDefinition> members = new ArrayList<>();
        List<FieldError> errors = new ArrayList<>();
        Set<VmId> seen = new HashSet<>();
        for (int i = 0; i < request.vms().size(); i++) {
            String pointer = "/vms/" + i;
            VmView vm = vms.get(request.vms().get(i));
            String name = vm.description().name();
            if (!seen.add(vm.description().id())) {
                errors.add(new FieldError(pointer, "names VM '" + name + "' a second time"));
            } else if (vm.description().volumes().isEmpty()) {
                errors.add(new FieldError(pointer, "VM '" + name + "' has no disk that can be protected"));
            } else if (!captures(vm.hypervisor())) {
                errors.add(new FieldError(
                        pointer,
                        "hypervisor '" + vm.hypervisor() + "' of VM '" + name
                                + "' can neither capture writes nor track changes"));
            } else if (vm.recoveredBy().isPresent()) {
                errors.add(new FieldError(pointer, "VM '" + name + "' belongs to a recovery that is not finished"));
            }
            vm.description()
                    .skipped()
                    .forEach(drive -> warnings.add(
                            "Drive " + drive.device() + " of VM '" + name + "' is not protected: " + drive.reason()));
            members.add(definition(vm));
        }
        if (!errors.isEmpty()) {
            throw invalid(request.name(), errors);
        }
        return members;
    }

    private boolean captures(String hypervisor) {
        return context.dataPlane()
                .hypervisors()
                .find(hypervisor)
                .filter(site ->
                        site.writeCapture().isPresent() || site.changeTracking().isPresent())
                .isPresent();
    }

    private static MemberDefinition definition(VmView vm) {
        List<MemberVolume> volumes = vm.description().volumes().stream()
                .map(volume -> new MemberVolume(volume.id(), volume.device(), volume.sizeBytes()))
                .toList();
        return new MemberDefinition(
                new Member(vm.description().id(), vm.description().name(), vm.hypervisor(), volumes),
                vm.description().hardware(),
                vm.description().nics());
    }

    private static void checkFields(CreateVpg request) {
        List<FieldError> errors = new ArrayList<>();
        if (!NAME.matcher(request.name()).matches()) {
            errors.add(new FieldError(
                    "/name", "must be 1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit"));
        }
        if (request.vms().isEmpty()) {
            errors.add(new FieldError("/vms", "must name at least one VM"));
        }
        errors.addAll(PolicyRules.errors(request.policy()));
        if (!errors.isEmpty()) {
            throw invalid(request.name(), errors);
        }
    }

    private static ControlException invalid(String name, List<FieldError> errors) {
        return PolicyRules.refusal("VPG '" + name + "' was not created", errors);
    }

    /**
     * @param row not persisted yet
     */
    record Planned(VpgRecord row, VpgPlan plan) {}
}
