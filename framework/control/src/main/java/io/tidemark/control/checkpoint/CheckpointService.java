package io.tidemark.control.checkpoint;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.FieldError;
import io.tidemark.control.Page;
import io.tidemark.control.ProviderFailures;
import io.tidemark.control.catalog.Cursor;
import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.dataplane.JournalStore.JournalCheckpoint;
import io.tidemark.control.dataplane.JournalStore.Pinning;
import io.tidemark.control.event.EventLog;
import io.tidemark.control.event.Severity;
import io.tidemark.control.peer.PeerClient;
import io.tidemark.control.peer.PeerVerbs;
import io.tidemark.control.vpg.Vpg;
import io.tidemark.control.vpg.VpgRegistry;
import io.tidemark.control.vpg.VpgRole;
import io.tidemark.control.vpg.VpgTable;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VpgId;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Answers requests about checkpoints: from the journals at the recovery site, and by asking the other site where it must. */
public final class CheckpointService implements Checkpoints {
    private static final int MAX_TAG = 200;

    private final VpgRegistry registry;
    private final VpgTable table;
    private final JournalStore journals;
    private final PeerClient peers;
    private final EventLog events;
    private final Duration tagTimeout;
    private final CheckpointHolds holds;

    public CheckpointService(
            VpgRegistry registry,
            VpgTable table,
            JournalStore journals,
            PeerClient peers,
            PeerVerbs verbs,
            EventLog events,
            Duration tagTimeout,
            CheckpointHolds holds) {
        this.registry = registry;
        this.table = table;
        this.journals = journals;
        this.peers = peers;
        this.events = events;
        this.tagTimeout = tagTimeout;
        this.holds = holds;
        verbs.on(
                "checkpoint.list",
                ListRequest.class,
                (from, request) -> listHere(registry.get(request.vpg(), from), request.query()));
        verbs.on(
                "checkpoint.get",
                GetRequest.class,
                (from, request) -> getHere(registry.get(request.vpg(), from), request.checkpoint()));
        verbs.on(
                "checkpoint.tag",
                TagRequest.class,
                (from, request) -> tagHere(registry.get(request.vpg(), from), request.description()));
        verbs.on(
                "checkpoint.pin",
                PinRequest.class,
                (from, request) -> pinHere(registry.get(request.vpg(), from), request.checkpoint(), request.pinning()));
    }

    @Override
    public Page<CheckpointView> list(String name, CheckpointQuery query) {
        Vpg vpg = registry.get(name);
        if (vpg.definition().role() == VpgRole.RECOVERY) {
            return listHere(vpg, query).toPage();
        }
        return peers.ask(
                        vpg.definition().peer(),
                        "checkpoint.list",
                        new ListRequest(vpg.id(), query),
                        CheckpointPage.class)
                .toPage();
    }

    @Override
    public CheckpointView get(String name, CheckpointId checkpoint) {
        Vpg vpg = registry.get(name);
        if (vpg.definition().role() == VpgRole.RECOVERY) {
            return getHere(vpg, checkpoint);
        }
        return peers.ask(
                vpg.definition().peer(), "checkpoint.get", new GetRequest(vpg.id(), checkpoint), CheckpointView.class);
    }

    private CheckpointView getHere(Vpg vpg, CheckpointId id) {
        KnownCheckpoints known = known(vpg);
        return known.damaged().stream()
                .filter(damaged -> damaged.checkpoint().id().equals(id))
                .findFirst()
                .map(CheckpointChooser::view)
                .orElseGet(() -> CheckpointChooser.choose(vpg.name(), known, new CheckpointSelector.ById(id)));
    }

    @Override
    public CheckpointView tag(String name, String description) {
        Vpg vpg = registry.get(name);
        if (description.isBlank() || description.length() > MAX_TAG) {
            throw new ControlException(
                    ErrorCode.REQUEST_INVALID,
                    "No checkpoint of VPG '" + vpg.name() + "' was made",
                    "its description has " + description.length() + " characters",
                    "Describe it with 1 to " + MAX_TAG + " characters.",
                    List.of(new FieldError("/description", "must have 1 to " + MAX_TAG + " characters")),
                    null);
        }
        if (vpg.definition().role() == VpgRole.PROTECTED) {
            return tagHere(vpg, description);
        }
        return peers.ask(
                vpg.definition().peer(),
                "checkpoint.tag",
                new TagRequest(vpg.id(), description),
                CheckpointView.class,
                tagTimeout.plusSeconds(10));
    }

    @Override
    public CheckpointView pin(String name, CheckpointId checkpoint) {
        return setPinned(registry.get(name), checkpoint, Pinning.PINNED);
    }

    @Override
    public CheckpointView unpin(String name, CheckpointId checkpoint) {
        return setPinned(registry.get(name), checkpoint, Pinning.UNPINNED);
    }

    private CheckpointView setPinned(Vpg vpg, CheckpointId checkpoint, Pinning pinning) {
        if (vpg.definition().role() == VpgRole.RECOVERY) {
            return pinHere(vpg, checkpoint, pinning);
        }
        return peers.ask(
                vpg.definition().peer(),
                "checkpoint.pin",
                new PinRequest(vpg.id(), checkpoint, pinning),
                CheckpointView.class);
    }

    private CheckpointView tagHere(Vpg vpg, String description) {
        CheckpointView made = vpg.protection()
                .orElseThrow(() -> ErrorCode.VPG_STATE.because(
                        "No checkpoint of VPG '" + vpg.name() + "' was made",
                        "neither site protects it",
                        "Look at its state on both sites."))
                .tag(description);
        events.publish(
                Severity.INFO,
                "checkpoint",
                Optional.of(vpg.id()),
                Optional.empty(),
                made.id().toString(),
                "Checkpoint " + made.id() + " of VPG '" + vpg.name() + "' was tagged '" + description + "'");
        return made;
    }

    private CheckpointView pinHere(Vpg vpg, CheckpointId id, Pinning pinning) {
        CheckpointView chosen = CheckpointChooser.choose(vpg.name(), known(vpg), new CheckpointSelector.ById(id));
        return vpg.mailbox().call(() -> {
            boolean keep;
            if (pinning == Pinning.PINNED) {
                table.pin(vpg.id(), id);
                ProviderFailures.running(() -> holds.keep(vpg.id(), id));
                keep = true;
            } else {
                table.unpin(vpg.id(), id);
                keep = ProviderFailures.calling(() -> holds.unpin(vpg.id(), id));
            }
            return new CheckpointView(id, chosen.time(), chosen.kind(), chosen.tag(), keep, Optional.empty());
        });
    }

    private CheckpointPage listHere(Vpg vpg, CheckpointQuery query) {
        Cursor.checkLimit(query.limit());
        long before = Cursor.decode(query.cursor());
        Optional<String> part = query.tagContains().map(text -> text.toLowerCase(Locale.ROOT));
        List<CheckpointView> found = new ArrayList<>();
        List<CheckpointView> known = all(known(vpg));
        for (int i = known.size() - 1; i >= 0 && found.size() <= query.limit(); i--) {
            CheckpointView checkpoint = known.get(i);
            boolean wanted = checkpoint.id().value() < before
                    && query.from()
                            .map(from -> !checkpoint.time().isBefore(from))
                            .orElse(true)
                    && query.to().map(to -> checkpoint.time().isBefore(to)).orElse(true)
                    && query.kind().map(kind -> checkpoint.kind() == kind).orElse(true)
                    && part.map(text ->
                                    checkpoint.tag().toLowerCase(Locale.ROOT).contains(text))
                            .orElse(true);
            if (wanted) {
                found.add(checkpoint);
            }
        }
        Page<CheckpointView> page =
                Cursor.page(found, query.limit(), checkpoint -> checkpoint.id().value());
        return new CheckpointPage(page.items(), page.nextCursor());
    }

    /** Oldest first; views are made when they are asked for, so that a page of many costs no more than a page of few. */
    private static List<CheckpointView> all(KnownCheckpoints known) {
        List<JournalCheckpoint> selectable = known.selectable();
        if (!known.damaged().isEmpty()) {
            List<CheckpointView> all = new ArrayList<>();
            selectable.forEach(each -> all.add(CheckpointChooser.view(each)));
            known.damaged().forEach(each -> all.add(CheckpointChooser.view(each)));
            all.sort(Comparator.comparing(CheckpointView::id));
            return all;
        }
        return new AbstractList<>() {
            @Override
            public CheckpointView get(int index) {
                return CheckpointChooser.view(selectable.get(index));
            }

            @Override
            public int size() {
                return selectable.size();
            }
        };
    }

    private KnownCheckpoints known(Vpg vpg) {
        return ProviderFailures.calling(() -> KnownCheckpoints.read(journals, vpg));
    }

    /** A page as it travels; a type of its own, because the reader of JSON needs to know what is in it. */
    record CheckpointPage(List<CheckpointView> items, Optional<String> nextCursor) {
        Page<CheckpointView> toPage() {
            return new Page<>(items, nextCursor);
        }
    }

    record ListRequest(VpgId vpg, CheckpointQuery query) {}

    record GetRequest(VpgId vpg, CheckpointId checkpoint) {}

    record TagRequest(VpgId vpg, String description) {}

    record PinRequest(VpgId vpg, CheckpointId checkpoint, Pinning pinning) {}
}
