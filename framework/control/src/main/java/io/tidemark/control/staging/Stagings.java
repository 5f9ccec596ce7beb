package io.tidemark.control.staging;

import io.tidemark.control.checkpoint.CheckpointHolds;
import io.tidemark.control.vpg.StagedContents;
import io.tidemark.control.vpg.StagingView;
import io.tidemark.control.vpg.Vpg;
import io.tidemark.control.vpg.VpgContext;
import io.tidemark.control.vpg.VpgRegistry;
import io.tidemark.spi.id.VpgId;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Stages the VPGs that are recovered at this site, each as often as its target wants. Safe for use by several threads. */
public final class Stagings implements StagedContents, AutoCloseable {
    private static final Duration LOOK_EACH = Duration.ofSeconds(1);

    private final VpgContext context;
    private final VpgRegistry registry;
    private final StagingTable table;
    private final CheckpointHolds holds;
    private final Map<VpgId, StagingCourse> courses = new ConcurrentHashMap<>();

    public Stagings(VpgContext context, VpgRegistry registry, StagingTable table, CheckpointHolds holds) {
        this.context = context;
        this.registry = registry;
        this.table = table;
        this.holds = holds;
    }

    /** Begins; ends with the timer. */
    public void schedule() {
        context.timer().every(LOOK_EACH, () -> {
            for (Vpg vpg : registry.all()) {
                if (vpg.custody().isPresent()) {
                    course(vpg).look();
                }
            }
            courses.keySet().removeIf(id -> registry.find(id).isEmpty());
        });
    }

    /** Begins nothing more; a call of a target that runs goes on, and what came of it is found at the next start. Idempotent. */
    @Override
    public void close() {
        courses.values().forEach(StagingCourse::close);
    }

    private StagingCourse course(Vpg vpg) {
        return courses.computeIfAbsent(vpg.id(), id -> new StagingCourse(vpg, context, table, holds));
    }

    @Override
    public Optional<StagingView> view(Vpg vpg) {
        return course(vpg).view();
    }

    @Override
    public void end(Vpg vpg) {
        course(vpg).end();
    }
}
