package io.tidemark.control.time;

import java.time.Duration;

/** Runs work later. The work is called on a virtual thread (in tests: on the thread that moves the clock). */
public interface Timer {
    /** Runs once after the delay. */
    Appointment after(Duration delay, Runnable work);

    /** Runs again and again, first after one period. A run that is due while the one before still runs is left out. */
    Appointment every(Duration period, Runnable work);

    /** Work that is to be done later. */
    interface Appointment {
        /** Keeps it from running again; a run that has begun goes on. Idempotent. */
        void cancel();
    }
}
