package io.tidemark.hypervisor.vsphere.hostsimulator;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** Lets a guest's commands begin, or none while a disk is frozen. Every call but {@link #leave} is made under the disk's lock. */
final class WriteGate {
    private final ReentrantLock order;
    private final Condition changed;
    private int underWay;
    private boolean shut;
    private int number;

    WriteGate(ReentrantLock order) {
        this.order = order;
        this.changed = order.newCondition();
    }

    /** Waits while the gate is shut and there is power. */
    void enter(BooleanSupplier powered) throws InterruptedException {
        while (shut && powered.getAsBoolean()) {
            changed.await();
        }
    }

    /** A command begins. */
    void entered() {
        underWay++;
    }

    /** A command has ended. Takes the lock itself. */
    void leave() {
        order.lock();
        try {
            underWay--;
            changed.signalAll();
        } finally {
            order.unlock();
        }
    }

    /** Whoever waits looks again whether there is power. */
    void powerChanged() {
        changed.signalAll();
    }

    boolean isShut() {
        return shut;
    }

    /** Which time the gate is shut, counted from 1. */
    int number() {
        return number;
    }

    /**
     * Shuts the gate and waits until no command is under way.
     *
     * @return false when one still is after the limit: then the gate is open again
     */
    boolean shut(Duration limit) throws InterruptedException {
        shut = true;
        number++;
        int mine = number;
        long left = limit.toNanos();
        try {
            while (underWay > 0 && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            if (underWay > 0 && number == mine) {
                open();
            }
        }
        return shut && number == mine;
    }

    void open() {
        shut = false;
        changed.signalAll();
    }
}
