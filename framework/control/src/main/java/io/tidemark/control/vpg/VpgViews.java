package io.tidemark.control.vpg;

import io.tidemark.control.dataplane.JournalStore.JournalUsage;
import io.tidemark.control.dataplane.MemberState;
import io.tidemark.control.dataplane.ProtectionStatus.MemberStatus;
import io.tidemark.control.vpg.VpgView.NewestCheckpoint;
import io.tidemark.spi.id.OperationId;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Shows VPGs: puts together the record, the data plane's word, the other site's word and the open recoveries. */
final class VpgViews {
    private final VpgContext context;
    private final OpenRecovery.Lookup recoveries;
    private final StagedContents staged;

    VpgViews(VpgContext context, OpenRecovery.Lookup recoveries, StagedContents staged) {
        this.context = context;
        this.recoveries = recoveries;
        this.staged = staged;
    }

    VpgView view(Vpg vpg) {
        return vpg.protection().map(running -> ofSource(vpg, running)).orElseGet(() -> ofCustody(vpg));
    }

    SourceReport sourceReport(Vpg vpg) {
        VpgView view = view(vpg);
        VpgState own = lifecycleState(vpg, () -> memberState(view.members()));
        return new SourceReport(vpg.id(), own, view.detail(), view.members());
    }

    CustodyReport custodyReport(Vpg vpg) {
        List<OpenRecovery> open = recoveries.of(vpg.id());
        Custody custody = vpg.custody().orElseThrow();
        return new CustodyReport(
                vpg.id(),
                vpg.definition().epoch(),
                custody.newest(),
                custody.usage(),
                open.stream().flatMap(recovery -> recovery.state().stream()).findFirst(),
                open.stream().anyMatch(recovery -> recovery.state().isEmpty()),
                ids(open),
                staged.view(vpg));
    }

    private VpgView ofSource(Vpg vpg, Protection running) {
        Map<?, MemberStatus> figures = context.dataPlane()
                .engine()
                .status(vpg.id())
                .map(status -> status.members().stream()
                        .collect(Collectors.toMap(MemberStatus::vm, Function.identity(), (a, b) -> a)))
                .orElse(Map.of());
        List<MemberView> members = vpg.definition().members().stream()
                .map(member -> memberView(
                        member,
                        running,
                        Optional.ofNullable(figures.get(member.member().vm()))))
                .toList();
        Optional<CustodyReport> other = running.report();
        VpgState state = vpg.lifecycle() == VpgLifecycle.FENCED
                ? VpgState.FENCED
                : other.flatMap(CustodyReport::recovering)
                        .orElseGet(() -> lifecycleState(vpg, () -> memberState(members)));
        return build(
                vpg,
                state,
                members,
                running.newest(),
                other.flatMap(CustodyReport::journal),
                other.flatMap(CustodyReport::staging),
                other.map(CustodyReport::testing).orElse(false),
                other.map(CustodyReport::openRecoveries).orElse(List.of()));
    }

    private VpgView ofCustody(Vpg vpg) {
        Custody custody = vpg.custody().orElseThrow();
        List<OpenRecovery> open = recoveries.of(vpg.id());
        Optional<SourceReport> source = custody.source();
        List<MemberView> members = source.map(SourceReport::members)
                .filter(reported ->
                        reported.size() == vpg.definition().members().size())
                .orElseGet(() -> vpg.definition().members().stream()
                        .map(member -> unknownMember(member))
                        .toList());
        VpgState state = open.stream()
                .flatMap(recovery -> recovery.state().stream())
                .findFirst()
                .orElseGet(() -> lifecycleState(
                        vpg, () -> source.map(SourceReport::state).orElse(VpgState.UNKNOWN)));
        Optional<JournalUsage> usage = custody.usage();
        boolean testing = open.stream().anyMatch(recovery -> recovery.state().isEmpty());
        return build(vpg, state, members, custody.newest(), usage, staged.view(vpg), testing, ids(open));
    }

    private VpgView build(
            Vpg vpg,
            VpgState state,
            List<MemberView> members,
            Optional<NewestCheckpoint> newest,
            Optional<JournalUsage> journal,
            Optional<StagingView> staging,
            boolean testing,
            List<OperationId> openRecoveries) {
        VpgRecord row = vpg.definition();
        return new VpgView(
                row.id(),
                row.name(),
                row.role(),
                state,
                detail(row, state, members),
                testing,
                row.peer(),
                context.peers().nameOf(row.peer()),
                row.recoveryHypervisor(),
                row.policy(),
                row.epoch(),
                members,
                newest.map(known ->
                                Duration.between(known.time(), context.clock().instant()))
                        .map(age -> age.isNegative() ? Duration.ZERO : age),
                newest,
                journal,
                staging,
                openRecoveries,
                row.createdAt(),
                row.version());
    }

    private String detail(VpgRecord row, VpgState state, List<MemberView> members) {
        String other = context.peers().nameOf(row.peer());
        return switch (state) {
            case DEFINED -> "Journals are being prepared.";
            case UNKNOWN -> "Site '" + other + "' has not reported since this site started.";
            case PAUSED -> "Paused by an operator; no checkpoint is made until it is resumed.";
            case FAILING_OVER -> "A live failover is being started at the recovery site.";
            case FAILED_OVER_UNCOMMITTED ->
                "Recovered VMs run; commit or roll back. Nothing of the source is lost yet.";
            case COMMITTING -> "The failover is being made final.";
            case ROLLING_BACK -> "The failover is being undone.";
            case FAILED_OVER -> "The VMs run at the recovery site for good.";
            case FENCED -> "Site '" + other + "' owns this VPG now; the VMs at this site are stale.";
            case DETACHED -> "Protection was ended and the journals were kept.";
            case DELETING -> "The VPG is being deleted.";
            case WAITING, INITIAL_SYNC, DELTA_SYNC, BITMAP_SYNC, PROTECTED, DEGRADED ->
                members.stream()
                        .filter(member -> !member.detail().isEmpty() && member.state() != MemberState.PROTECTED)
                        .map(member -> member.vmName() + ": " + member.detail())
                        .collect(Collectors.joining("; "));
        };
    }

    private static VpgState lifecycleState(Vpg vpg, Supplier<VpgState> whenActive) {
        return switch (vpg.lifecycle()) {
            case DEFINED -> VpgState.DEFINED;
            case ACTIVE -> whenActive.get();
            case PAUSED -> VpgState.PAUSED;
            case FENCED -> VpgState.FENCED;
            case FAILED_OVER -> VpgState.FAILED_OVER;
            case DETACHED -> VpgState.DETACHED;
            case DELETING -> VpgState.DELETING;
        };
    }

    /** The worst of the members. */
    private static VpgState memberState(List<MemberView> members) {
        return members.stream()
                .map(member -> switch (member.state()) {
                    case DEGRADED -> VpgState.DEGRADED;
                    case INITIAL_SYNC -> VpgState.INITIAL_SYNC;
                    case DELTA_SYNC -> VpgState.DELTA_SYNC;
                    case BITMAP_SYNC -> VpgState.BITMAP_SYNC;
                    case WAITING -> VpgState.WAITING;
                    case PROTECTED -> VpgState.PROTECTED;
                })
                .min(Comparator.comparingInt(VpgViews::badness))
                .orElse(VpgState.UNKNOWN);
    }

    private static int badness(VpgState state) {
        return List.of(
                        VpgState.DEGRADED,
                        VpgState.INITIAL_SYNC,
                        VpgState.DELTA_SYNC,
                        VpgState.BITMAP_SYNC,
                        VpgState.WAITING,
                        VpgState.PROTECTED)
                .indexOf(state);
    }

    private static MemberView memberView(
            MemberDefinition definition, Protection running, Optional<MemberStatus> figures) {
        var member = definition.member();
        Optional<Protection.MemberNote> note = running.member(member.vm());
        return new MemberView(
                member.vm(),
                member.vmName(),
                member.hypervisor(),
                member.volumes(),
                figures.map(MemberStatus::state)
                        .or(() -> note.map(Protection.MemberNote::state))
                        .orElse(MemberState.WAITING),
                figures.map(MemberStatus::detail)
                        .or(() -> note.map(Protection.MemberNote::detail))
                        .orElse(""),
                figures.map(MemberStatus::syncedBytes).orElse(0L),
                figures.map(MemberStatus::syncTotalBytes).orElse(0L),
                figures.map(MemberStatus::lagBytes).orElse(0L),
                figures.map(MemberStatus::writes).orElse(0L),
                figures.map(MemberStatus::writtenBytes).orElse(0L),
                figures.map(MemberStatus::shippedBytes).orElse(0L));
    }

    private static MemberView unknownMember(MemberDefinition definition) {
        var member = definition.member();
        return new MemberView(
                member.vm(),
                member.vmName(),
                member.hypervisor(),
                member.volumes(),
                MemberState.WAITING,
                "not reported yet",
                0,
                0,
                0,
                0,
                0,
                0);
    }

    private static List<OperationId> ids(List<OpenRecovery> open) {
        return open.stream().map(OpenRecovery::id).toList();
    }
}
