package io.tidemark.control.vpg;

import io.tidemark.control.ErrorCode;
import io.tidemark.control.report.VpgFigures;
import io.tidemark.control.time.Mailbox;
import io.tidemark.spi.id.VpgId;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * One VPG at this site: its persisted record, its mailbox, and what runs for it.
 *
 * <p>The record is read by any thread and changed by the mailbox only.
 */
public final class Vpg {
    private final VpgContext context;
    private final Mailbox mailbox;
    private final VpgFigures figures;
    private final Optional<Protection> protection;
    private final Optional<Custody> custody;
    private volatile VpgRecord persisted;

    Vpg(VpgRecord persisted, VpgContext context) {
        this.persisted = persisted;
        this.context = context;
        this.mailbox = new Mailbox("vpg-" + persisted.name());
        this.figures = new VpgFigures(persisted.id(), context.clock().instant());
        boolean source = persisted.role() == VpgRole.PROTECTED;
        this.protection = source ? Optional.of(new Protection(this, context)) : Optional.empty();
        this.custody = source ? Optional.empty() : Optional.of(new Custody(this, context));
    }

    /** As it is persisted now. */
    public VpgRecord definition() {
        return persisted;
    }

    public VpgId id() {
        return persisted.id();
    }

    public String name() {
        return persisted.name();
    }

    public VpgLifecycle lifecycle() {
        return persisted.lifecycle();
    }

    public Mailbox mailbox() {
        return mailbox;
    }

    public VpgFigures figures() {
        return figures;
    }

    /** What runs on the protected site; empty on the recovery site. */
    public Optional<Protection> protection() {
        return protection;
    }

    /** What runs on the recovery site; empty on the protected site. */
    public Optional<Custody> custody() {
        return custody;
    }

    /** Changes the record; durable on return. */
    public void change(UnaryOperator<VpgRecord> change) {
        mailbox.run(() -> {
            VpgRecord changed = change.apply(persisted).withVersion(persisted.version() + 1);
            context.table().update(changed);
            persisted = changed;
        });
    }

    /**
     * Moves the life cycle; durable on return.
     *
     * @throws io.tidemark.control.ControlException {@code VPG_STATE} when the state does not follow; nothing was changed
     */
    public void transition(VpgLifecycle to) {
        mailbox.run(() -> {
            VpgLifecycle from = persisted.lifecycle();
            if (!from.next(persisted.role()).contains(to)) {
                throw ErrorCode.VPG_STATE.because(
                        "VPG '" + name() + "' was not changed to " + to,
                        "it is " + from + " here, and the one does not follow the other",
                        "Look at the VPG's state and events, and ask for something that fits it.");
            }
            change(record -> record.withLifecycle(to));
        });
    }

    /** Ends everything that runs here; what is persisted stays. */
    void close() {
        protection.ifPresent(Protection::close);
        custody.ifPresent(Custody::close);
        mailbox.close();
    }
}
