package io.tidemark.control.testkit;

import io.tidemark.control.time.Timer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.PriorityQueue;

/** A clock and a timer that stand still until a test moves them; due work runs on the thread that moves them. */
public final class VirtualTime extends Clock implements Timer {
    private final PriorityQueue<Due> queue =
            new PriorityQueue<>(Comparator.comparing(Due::at).thenComparingLong(Due::number));
    private Instant now = Instant.parse("2026-11-18T08:00:00Z");
    private long made;

    @Override
    public synchronized Instant instant() {
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }

    @Override
    public Appointment after(Duration delay, Runnable work) {
        return add(delay, Duration.ZERO, work);
    }

    @Override
    public Appointment every(Duration period, Runnable work) {
        return add(period, period, work);
    }

    /** Moves the time, and has everything done that becomes due on the way. */
    public void advance(Duration duration) {
        Instant end = instant().plus(duration);
        while (true) {
            Due due;
            synchronized (this) {
                Due first = queue.peek();
                if (first == null || first.at.isAfter(end)) {
                    now = end;
                    return;
                }
                due = queue.remove();
                now = due.at.isAfter(now) ? due.at : now;
                if (!due.period.isZero()) {
                    queue.add(new Due(due.at.plus(due.period), due.number, due.period, due.work));
                }
            }
            due.work.run();
        }
    }

    private synchronized Appointment add(Duration delay, Duration period, Runnable work) {
        long number = made++;
        queue.add(new Due(now.plus(delay), number, period, work));
        return () -> cancel(number);
    }

    private synchronized void cancel(long number) {
        queue.removeIf(due -> due.number == number);
    }

    private record Due(Instant at, long number, Duration period, Runnable work) {}
}
