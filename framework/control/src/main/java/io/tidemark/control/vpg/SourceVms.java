package io.tidemark.control.vpg;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.ProviderFailures;
import io.tidemark.control.dataplane.CheckpointKind;
import io.tidemark.control.dataplane.ProtectedVpg.Member;
import io.tidemark.control.event.Severity;
import io.tidemark.control.vpg.VpgMessages.PowerAnswer;
import io.tidemark.control.vpg.VpgMessages.PowerRequest;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.PowerState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Power of a VPG's VMs on the protected site, as the recovery site asks for it around a failover. */
final class SourceVms {
    private final VpgContext context;

    SourceVms(VpgContext context) {
        this.context = context;
    }

    /** Members that are not positively off. */
    PowerAnswer running(Vpg vpg) {
        List<VmId> running = new ArrayList<>();
        for (Member member : members(vpg)) {
            PowerState power = ProviderFailures.calling(() -> compute(member).power(member.vm(), deadline()));
            if (power != PowerState.OFF && power != PowerState.CRASHED) {
                running.add(member.vm());
            }
        }
        return new PowerAnswer(running, "");
    }

    /** Shuts the members down, brings their last writes over, and cuts a last checkpoint where the data plane still can. */
    PowerAnswer shutDown(Vpg vpg, PowerRequest request) {
        List<VmId> stopped = new ArrayList<>();
        for (Member member : members(vpg)) {
            if (request.vms().contains(member.vm())) {
                stop(member, request.force());
                stopped.add(member.vm());
            }
        }
        context.events()
                .vpg(
                        Severity.WARNING,
                        vpg.id(),
                        stopped.size() + " VMs of VPG '" + vpg.name() + "' were shut down for a failover");
        return new PowerAnswer(stopped, lastCheckpoint(vpg));
    }

    /** Starts members again that were shut down for a failover that was rolled back. */
    PowerAnswer start(Vpg vpg, PowerRequest request) {
        List<VmId> started = new ArrayList<>();
        for (Member member : members(vpg)) {
            if (request.vms().contains(member.vm())) {
                ProviderFailures.running(() -> compute(member).start(member.vm(), deadline()));
                started.add(member.vm());
            }
        }
        return new PowerAnswer(started, "");
    }

    private void stop(Member member, boolean force) {
        Compute compute = compute(member);
        try {
            compute.shutDown(member.vm(), Deadline.after(context.settings().shutdownTimeout()));
        } catch (ProviderException e) {
            if (!force) {
                throw ErrorCode.PROVIDER_REFUSED.because(
                        "VM '" + member.vmName() + "' was not shut down",
                        e.happened() + ", " + e.why(),
                        "Shut it down by hand, or ask for a forced shutdown.");
            }
            ProviderFailures.running(() -> compute.powerOff(member.vm(), deadline()));
        }
    }

    private String lastCheckpoint(Vpg vpg) {
        Protection protection = vpg.protection().orElseThrow();
        try {
            context.dataPlane()
                    .engine()
                    .drain(vpg.id(), Deadline.after(context.settings().tagTimeout()));
        } catch (ProviderException e) {
            return "the last writes may not have arrived: " + e.why();
        }
        try {
            Duration atMost = context.settings().tagTimeout();
            return "last checkpoint "
                    + protection
                            .cutAndWait(CheckpointKind.AUTOMATIC, "", atMost)
                            .id();
        } catch (ControlException e) {
            return "no checkpoint after the shutdown: " + e.why();
        }
    }

    private Compute compute(Member member) {
        return context.dataPlane()
                .hypervisors()
                .find(member.hypervisor())
                .orElseThrow(() -> ErrorCode.HYPERVISOR_UNREACHABLE.because(
                        "VM '" + member.vmName() + "' cannot be reached",
                        "hypervisor '" + member.hypervisor() + "' is not open",
                        "See why in the events of site '" + context.settings().siteName() + "'."))
                .compute();
    }

    private Deadline deadline() {
        return Deadline.after(context.settings().hypervisorTimeout());
    }

    private static List<Member> members(Vpg vpg) {
        if (vpg.definition().role() != VpgRole.PROTECTED) {
            throw ErrorCode.VPG_STATE.because(
                    "The VMs of VPG '" + vpg.name() + "' were left alone",
                    "this site is not the one that they run at",
                    "Ask the protected site.");
        }
        return vpg.definition().members().stream().map(MemberDefinition::member).toList();
    }
}
