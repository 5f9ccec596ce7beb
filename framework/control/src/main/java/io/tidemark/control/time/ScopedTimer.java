package io.tidemark.control.time;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A timer whose appointments all end with it, while the timer that it borrows lives on. Safe for use by several threads. */
public final class ScopedTimer implements Timer, AutoCloseable {
    private final Timer inner;
    private final Set<Appointment> appointments = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    public ScopedTimer(Timer inner) {
        this.inner = inner;
    }

    @Override
    public Appointment after(Duration delay, Runnable work) {
        Once once = new Once(work);
        return keep(once, inner.after(delay, once));
    }

    @Override
    public Appointment every(Duration period, Runnable work) {
        Once unless = new Once(work);
        unless.repeats = true;
        return keep(unless, inner.every(period, unless));
    }

    /** Cancels all appointments, and those that are still made. Idempotent. */
    @Override
    public void close() {
        closed = true;
        appointments.forEach(Appointment::cancel);
        appointments.clear();
    }

    private Appointment keep(Once work, Appointment appointment) {
        work.appointment = appointment;
        if (work.done) {
            return appointment;
        }
        appointments.add(appointment);
        if (closed) {
            appointment.cancel();
        }
        return () -> {
            appointment.cancel();
            appointments.remove(appointment);
        };
    }

    /** Work that forgets its appointment once it is kept, and does nothing after the end. */
    private final class Once implements Runnable {
        private final Runnable work;
        private boolean repeats;
        private volatile boolean done;
        private volatile @Nullable Appointment appointment;

        Once(Runnable work) {
            this.work = work;
        }

        @Override
        public void run() {
            if (!repeats) {
                done = true;
                Appointment kept = appointment;
                if (kept != null) {
                    appointments.remove(kept);
                }
            }
            if (!closed) {
                work.run();
            }
        }
    }
}
