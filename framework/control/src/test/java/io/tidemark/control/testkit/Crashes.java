package io.tidemark.control.testkit;

import io.tidemark.spi.error.ProviderException;

/** Kills a site's process at the n-th effect that it has on the outside, before or after the effect. Once dead nothing works any more. */
public final class Crashes {
    private int left;
    private Moment moment = Moment.NEVER;
    private boolean dead;
    private String where = "";

    /** When the process dies. */
    public enum Moment {
        NEVER,
        BEFORE,
        AFTER
    }

    /** An effect on the outside. */
    public interface Effect<T> {
        T run() throws ProviderException;
    }

    /** Dies at the n-th effect from now on, counted from 1. */
    public synchronized void arm(int nth, Moment when) {
        left = nth;
        moment = when;
        dead = false;
        where = "";
    }

    /** The process is started again. */
    public synchronized void revive() {
        moment = Moment.NEVER;
        dead = false;
    }

    public synchronized boolean dead() {
        return dead;
    }

    public synchronized String where() {
        return where;
    }

    public <T> T effect(String name, Effect<T> effect) throws ProviderException {
        boolean mine;
        synchronized (this) {
            if (dead) {
                throw new SimulatedCrash("after death: " + name);
            }
            mine = moment != Moment.NEVER && --left == 0;
            if (mine && moment == Moment.BEFORE) {
                die("before " + name);
            }
        }
        T result = effect.run();
        synchronized (this) {
            if (mine) {
                die("after " + name);
            }
        }
        return result;
    }

    private void die(String at) {
        dead = true;
        where = at;
        throw new SimulatedCrash(at);
    }
}
