package io.tidemark.control.vpg;

import io.tidemark.control.dataplane.JournalPolicy.WhenFull;
import io.tidemark.control.dataplane.JournalStore.Intake;
import io.tidemark.control.dataplane.JournalStore.JournalRoom;
import io.tidemark.control.event.AlertBook;
import io.tidemark.control.event.AlertCode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Decides what of the journals' room is worth an alert, and says what to do. Alerts end when it no longer is so. */
final class JournalAlerts {
    /** The forecast has to be this much better before its alert ends, so that it does not come and go. */
    private static final double CLEARLY_ENOUGH = 1.1;

    private static final List<AlertCode> ALL = List.of(
            AlertCode.HISTORY_WILL_SHRINK, AlertCode.JOURNAL_FULL, AlertCode.JOURNAL_SLOWED, AlertCode.JOURNAL_DAMAGED);

    private JournalAlerts() {}

    static void close(Vpg vpg, AlertBook alerts) {
        ALL.forEach(code -> alerts.close(code, vpg.id().toString()));
    }

    static void evaluate(Vpg vpg, AlertBook alerts, JournalRoom room) {
        forecast(vpg, alerts, room);
        set(
                vpg,
                alerts,
                AlertCode.JOURNAL_FULL,
                room.intake() == Intake.STOPPED,
                () -> "The journals of VPG '"
                        + vpg.name() + "' take " + size(room.usedBytes()) + " and have reached their limit"
                        + limit(room)
                        + ". As its policy says, nothing more is taken: no checkpoints are made, and the RPO"
                        + " grows. " + remedy(vpg)
                        + " When there is room again, protection goes on by itself with a sync.");
        set(
                vpg,
                alerts,
                AlertCode.JOURNAL_SLOWED,
                room.intake() == Intake.SLOWED,
                () -> "The journals of VPG '"
                        + vpg.name() + "' take " + size(room.usedBytes()) + " and are near their limit" + limit(room)
                        + ". As its policy says, its writes are taken more slowly: the RPO may grow, the VMs are not slowed"
                        + " down. " + remedy(vpg));
        set(
                vpg,
                alerts,
                AlertCode.JOURNAL_DAMAGED,
                room.damagedCheckpoints() > 0,
                () -> room.damagedCheckpoints() + " checkpoints of VPG '" + vpg.name()
                        + "' cannot be chosen, because a scrub found their contents damaged on the recovery site's"
                        + " storage. Look at the scrub's task for the place, check that storage, and scrub again."
                        + " New checkpoints may need what is damaged too, until the VMs have written it again.");
    }

    private static void forecast(Vpg vpg, AlertBook alerts, JournalRoom room) {
        Duration wanted = vpg.definition().policy().journalHistory();
        boolean known = room.limitBytes().isPresent() && room.historyFitting().isPresent();
        Duration fitting = room.historyFitting().orElse(wanted);
        boolean isOpen = alerts.isOpen(AlertCode.HISTORY_WILL_SHRINK, vpg.id().toString());
        double enough = wanted.toMillis() * (isOpen ? CLEARLY_ENOUGH : 1);
        set(vpg, alerts, AlertCode.HISTORY_WILL_SHRINK, known && fitting.toMillis() < enough, () -> {
            WhenFull whenFull = vpg.definition().policy().journalLimits().whenFull();
            String then =
                    switch (whenFull) {
                        case SHORTEN ->
                            "history will then shrink to about " + duration(fitting) + " of the " + duration(wanted)
                                    + " wanted";
                        case SLOW ->
                            "its writes will then be taken more slowly, because only about " + duration(fitting)
                                    + " of the " + duration(wanted) + " wanted have room";
                        case STOP ->
                            "nothing more will be taken then, because only about " + duration(fitting) + " of the "
                                    + duration(wanted) + " wanted have room";
                    };
            return "At the present rate of " + size(room.bytesPerHour().orElse(0L)) + " per hour the journals of VPG '"
                    + vpg.name() + "' will reach their limit" + limit(room) + " within "
                    + duration(room.fullAfter().orElse(Duration.ZERO)) + "; " + then + ". " + remedy(vpg);
        });
    }

    private interface Text {
        String get();
    }

    private static void set(Vpg vpg, AlertBook alerts, AlertCode code, boolean so, Text text) {
        if (!so) {
            alerts.close(code, vpg.id().toString());
        } else if (!alerts.isOpen(code, vpg.id().toString())) {
            alerts.open(code, vpg.id().toString(), Optional.of(vpg.id()), text.get());
        }
    }

    private static String remedy(Vpg vpg) {
        return "Raise the limit (tidemark vpg update " + vpg.name()
                + " --journal-limit SIZE) if the recovery site's storage has room or can be given more, or ask for a"
                + " shorter history (--history HOURS).";
    }

    private static String limit(JournalRoom room) {
        return room.limitBytes().map(bytes -> " of " + size(bytes)).orElse("");
    }

    private static String size(long bytes) {
        long mebi = bytes >> 20;
        return mebi < 10_240 ? mebi + " MiB" : (mebi >> 10) + " GiB";
    }

    private static String duration(Duration duration) {
        return duration.toMinutes() < 120 ? duration.toMinutes() + " min" : duration.toHours() + " h";
    }
}
