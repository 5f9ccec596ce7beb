package io.tidemark.replication.tracking;

import io.tidemark.replication.lane.LaneStatus.Link;
import io.tidemark.spi.error.ProviderException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One freeze of all VMs of a VPG, and the copy of what it shows. Nothing stays frozen once it is over, however it ends. */
final class Round {
    private static final Logger LOG = LoggerFactory.getLogger(Round.class);

    private final List<TrackedMember> members;
    private final FreezeTurns.Turn turn;
    private final BooleanSupplier closed;
    private final Duration linkGrace;
    /** The first reason to stop; the others follow. */
    private final AtomicReference<@Nullable String> stop = new AtomicReference<>();

    /** @param linkGrace for how long frozen storage is held while a recovery site cannot be reached */
    Round(List<TrackedMember> members, FreezeTurns.Turn turn, BooleanSupplier closed, Duration linkGrace) {
        this.members = members;
        this.turn = turn;
        this.closed = closed;
        this.linkGrace = linkGrace;
    }

    /** Freezes all VMs as close together as their hypervisors allow; returns the earliest of their moments. When one fails, none is frozen. */
    Instant freeze() throws ProviderException {
        List<CompletableFuture<Instant>> answers = new ArrayList<>();
        for (TrackedMember member : members) {
            answers.add(inParallel(() -> {
                Instant takenAt = member.freeze();
                turn.frozen(member.vm());
                return takenAt;
            }));
        }
        Optional<ProviderException> failure = Optional.empty();
        Instant earliest = Instant.MAX;
        for (CompletableFuture<Instant> answer : answers) {
            try {
                Instant takenAt = answer.join();
                earliest = takenAt.isBefore(earliest) ? takenAt : earliest;
            } catch (CompletionException e) {
                failure = Optional.of(ProviderFailure.of(e.getCause()));
            }
        }
        if (failure.isPresent()) {
            release();
            throw failure.get();
        }
        return earliest;
    }

    /** Copies what changed into the lanes; returns why it stopped early, or empty. Everything is released then. */
    Optional<String> copy() throws InterruptedException {
        try {
            for (TrackedMember member : members) {
                Optional<String> why = member.begin();
                if (why.isPresent()) {
                    return why;
                }
            }
            List<CompletableFuture<Optional<String>>> copies = new ArrayList<>();
            for (TrackedMember member : members) {
                copies.add(inParallel(() -> copy(member)));
            }
            for (CompletableFuture<Optional<String>> copy : copies) {
                copy.join().ifPresent(this::stop);
            }
            return Optional.ofNullable(stop.get());
        } catch (ProviderException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        } catch (CompletionException e) {
            LOG.atError().setCause(e.getCause()).log("Copying frozen contents failed: this is a defect");
            return Optional.of(String.valueOf(e.getCause()));
        } finally {
            release();
        }
    }

    private Optional<String> copy(TrackedMember member) throws InterruptedException {
        boolean ended = false;
        try {
            Optional<String> why = member.copy(new GiveUp(member));
            why.ifPresent(this::stop);
            ended = true;
            return why;
        } finally {
            if (!ended) {
                stop("the copy of another VM failed");
            }
        }
    }

    private void stop(String why) {
        stop.compareAndSet(null, why);
    }

    private void release() {
        members.forEach(TrackedMember::release);
    }

    private static <T> CompletableFuture<T> inParallel(Callable<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofVirtual().name("freeze").start(() -> {
            try {
                result.complete(work.call());
            } catch (Exception | Error e) {
                result.completeExceptionally(new CompletionException(e));
            }
        });
        return result;
    }

    /** When a member stops copying: at the end of protection, after another one's failure, and while its link is down for too long. */
    private final class GiveUp implements Supplier<Optional<String>> {
        private final TrackedMember member;
        private long upAtNanos = System.nanoTime();

        GiveUp(TrackedMember member) {
            this.member = member;
        }

        @Override
        public Optional<String> get() {
            if (closed.getAsBoolean()) {
                return Optional.of("Protection has ended");
            }
            if (member.lane().status().link() == Link.UP) {
                upAtNanos = System.nanoTime();
            } else if (System.nanoTime() - upAtNanos > linkGrace.toNanos()) {
                return Optional.of("the recovery site cannot be reached, and snapshots are not kept for so long");
            }
            if (turn.isOverdue()) {
                return Optional.of("it is the turn of another VPG with the same VM");
            }
            return Optional.ofNullable(stop.get());
        }
    }
}
