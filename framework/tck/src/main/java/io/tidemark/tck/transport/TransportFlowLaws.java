package io.tidemark.tck.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.transport.TransportChannel;
import io.tidemark.spi.transport.TransportChannel.Offer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Laws about frames, positions, acknowledgements and back-pressure. */
public abstract class TransportFlowLaws extends TransportFixture {
    private static final int FRAME_BYTES = 64 << 10;
    private static final int ENDLESS_OFFERS = 4_000;
    private static final Duration MOVING_ON = Duration.ofMillis(500);

    @Test
    public void frames_arrive_complete_in_order_and_with_their_positions() throws Exception {
        long seed = System.nanoTime();
        Pair pair = pair();
        Random random = new Random(seed);
        List<byte[]> sent = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            sent.add(bytes(seed + i, random.nextInt(5) == 0 ? 0 : random.nextInt(40_000)));
        }
        for (Side side : List.of(pair.near(), pair.far())) {
            for (int i = 0; i < sent.size(); i++) {
                // Two frames in a row share a position: it may stay the same.
                side.send(i / 2 + 1000L, sent.get(i), patience());
            }
        }
        for (Side side : List.of(pair.far(), pair.near())) {
            side.handler()
                    .await(
                            "all frames",
                            patience(),
                            () -> side.handler().frames().size() >= sent.size());
            List<RecordingHandler.Received> received = side.handler().frames();
            assertEquals(sent.size(), received.size());
            for (int i = 0; i < sent.size(); i++) {
                assertEquals(i / 2 + 1000L, received.get(i).position(), "position of frame " + i + ", seed " + seed);
                assertSame(sent.get(i), received.get(i).bytes(), "frame " + i + ", seed " + seed);
            }
        }
    }

    @Test
    public void any_kind_of_buffer_is_taken_and_left_as_it_is() throws Exception {
        Pair pair = pair();
        byte[] content = bytes(7, 5000);
        ByteBuffer direct =
                ByteBuffer.allocateDirect(6000).put(500, content).position(500).limit(5500);
        ByteBuffer slice = ByteBuffer.allocate(6000).put(3, content).slice(3, 5000);
        ByteBuffer readOnly = ByteBuffer.wrap(content.clone()).asReadOnlyBuffer();
        for (ByteBuffer buffer : List.of(direct, slice, readOnly)) {
            int positionBefore = buffer.position();
            assertEquals(Offer.ACCEPTED, pair.near().channel().offer(1, buffer));
            assertEquals(positionBefore, buffer.position(), "an offer reads a buffer without moving it");
            assertEquals(5000, buffer.remaining(), "an offer reads a buffer without moving it");
        }
        pair.far()
                .handler()
                .await(
                        "three frames",
                        patience(),
                        () -> pair.far().handler().frames().size() == 3);
        pair.far().handler().frames().forEach(frame -> assertSame(content, frame.bytes(), "the frame"));
    }

    @Test
    public void the_longest_frame_passes_and_a_longer_one_is_refused() throws Exception {
        Pair pair = pair();
        byte[] longest = bytes(11, TransportChannel.MAX_FRAME_BYTES);
        pair.near().send(1, longest, patience());
        pair.far().handler().await("the longest frame", patience(), () -> !pair.far()
                .handler()
                .frames()
                .isEmpty());
        assertSame(longest, pair.far().handler().frames().getFirst().bytes(), "the longest frame");
        assertThrows(
                IllegalArgumentException.class,
                () -> pair.near().channel().offer(2, ByteBuffer.allocate(TransportChannel.MAX_FRAME_BYTES + 1)));
        assertTrue(pair.near().handler().closes().isEmpty(), "a refused frame does not harm the channel");
    }

    @Test
    public void the_newest_acknowledgement_arrives_and_none_that_was_not_given() throws Exception {
        Pair pair = pair();
        for (int i = 1; i <= 100; i++) {
            pair.near().send(i, bytes(i, 100), patience());
        }
        pair.far()
                .handler()
                .await(
                        "100 frames",
                        patience(),
                        () -> pair.far().handler().frames().size() == 100);
        // A frame the other way overtakes nothing: what would be acknowledged of itself had arrived by then.
        pair.far().send(1, bytes(1, 1), patience());
        pair.near().handler().await("the answer", patience(), () -> !pair.near()
                .handler()
                .frames()
                .isEmpty());
        assertEquals(List.of(), pair.near().handler().acknowledged(), "acknowledgements before any was given");
        for (long position : new long[] {10, 20, 60}) {
            pair.far().channel().acknowledge(position);
        }
        pair.near().handler().await("acknowledgement 60", patience(), () -> pair.near()
                .handler()
                .acknowledged()
                .contains(60L));
        List<Long> acknowledged = pair.near().handler().acknowledged();
        assertEquals(acknowledged.stream().sorted().toList(), acknowledged, "acknowledgements grow");
        assertEquals(60L, acknowledged.getLast());
    }

    @Test
    public void a_full_channel_answers_back_pressure_at_once_and_says_once_when_there_is_room() throws Exception {
        Pair pair = pair();
        RecordingHandler slow = pair.far().handler();
        slow.shutGate();
        byte[] frame = bytes(3, FRAME_BYTES);
        Filled filled = assertTimeoutPreemptively(patience(), () -> fill(pair.near(), frame));
        int accepted = filled.accepted;
        slow.openGate();
        pair.near()
                .handler()
                .await("onWritable", patience(), () -> pair.near().handler().writable() >= filled.refusals);
        pair.near().send(accepted + 1L, bytes(99, 10), patience());
        slow.await("the accepted frames", patience(), () -> slow.frames().size() >= accepted + 1);
        List<RecordingHandler.Received> received = slow.frames();
        assertEquals(accepted + 1, received.size(), "frames that were accepted, and no other");
        for (int i = 0; i <= accepted; i++) {
            assertEquals(i + 1L, received.get(i).position(), "position of frame " + i);
        }
        assertSame(bytes(99, 10), received.getLast().bytes(), "the frame after back-pressure");
        // Calls come one at a time: with the answer the call that said so is over, and whatever else it did.
        pair.far().send(1, bytes(1, 1), patience());
        pair.near().handler().await("the answer", patience(), () -> !pair.near()
                .handler()
                .frames()
                .isEmpty());
        assertEquals(
                filled.refusals, pair.near().handler().writable(), "calls of onWritable, one after each back-pressure");
    }

    /** A channel that takes no more, how many frames it took until then, and how often it said that it was full. */
    private record Filled(int accepted, int refusals) {}

    /**
     * Offers until nothing more goes in. A channel that is full may still have room a moment later, while what it took moves on into the buffers of
     * the network; only then has it none.
     */
    private Filled fill(Side side, byte[] frame) {
        int accepted = offerUntilRefused(side, frame, 0);
        int refusals = 1;
        while (saidWritable(side, refusals)) {
            int more = offerUntilRefused(side, frame, accepted);
            assertTrue(more > 0, "onWritable before there is room");
            accepted += more;
            refusals++;
        }
        return new Filled(accepted, refusals);
    }

    private static boolean saidWritable(Side side, int times) {
        return side.handler().within(MOVING_ON, () -> side.handler().writable() >= times);
    }

    /** @return how many were taken */
    private int offerUntilRefused(Side side, byte[] frame, int before) {
        for (int i = 0; i < ENDLESS_OFFERS; i++) {
            switch (side.channel().offer(before + i + 1L, ByteBuffer.wrap(frame))) {
                case BACK_PRESSURE -> {
                    return i;
                }
                case CLOSED ->
                    throw new AssertionError(
                            "the channel closed: " + side.handler().closes());
                case ACCEPTED -> {}
            }
        }
        throw new AssertionError("no back-pressure after " + ENDLESS_OFFERS + " frames of " + frame.length
                + " bytes that nobody reads: the queue has no bound");
    }

    @Test
    public void a_slow_handler_holds_its_peer_back_without_losing_the_channel() throws Exception {
        Pair pair = pair();
        RecordingHandler slow = pair.far().handler();
        slow.shutGate();
        pair.near().send(1, bytes(1, 10), patience());
        pair.near().send(2, bytes(2, 10), patience());
        slow.await("the first frame", patience(), () -> !slow.frames().isEmpty());
        long endNanos = System.nanoTime() + 2 * subject().idleTimeout().toNanos();
        awaitTrue("twice the idle timeout to pass", () -> System.nanoTime() - endNanos > 0);
        assertEquals(1, slow.frames().size(), "no frame comes while the handler works on one");
        slow.openGate();
        slow.await("the second frame", patience(), () -> slow.frames().size() == 2);
        assertTrue(pair.near().handler().closes().isEmpty(), "the channel is still there");
        assertTrue(slow.closes().isEmpty(), "the channel is still there");
    }

    @Test
    public void a_quiet_channel_stays_open() throws Exception {
        Pair pair = pair();
        long endNanos = System.nanoTime() + 2 * subject().idleTimeout().toNanos();
        awaitTrue("twice the idle timeout to pass", () -> System.nanoTime() - endNanos > 0);
        pair.near().send(1, bytes(1, 10), patience());
        pair.far().handler().await("the frame", patience(), () -> !pair.far()
                .handler()
                .frames()
                .isEmpty());
    }

    @Test
    public void offers_of_several_threads_keep_the_order_of_each() throws Exception {
        Pair pair = pair();
        int perThread = 200;
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        for (byte id = 0; id < 4; id++) {
            byte[] idOnly = {id};
            threads.add(Thread.ofPlatform().daemon().unstarted(() -> {
                try {
                    for (int i = 0; i < perThread; i++) {
                        pair.near().send(0, new byte[] {idOnly[0], (byte) i}, patience());
                    }
                } catch (AssertionError | RuntimeException e) {
                    failures.add(e);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            assertTrue(thread.join(patience()), "an offer never blocks");
        }
        assertEquals(List.of(), failures);
        RecordingHandler far = pair.far().handler();
        far.await("all frames", patience(), () -> far.frames().size() >= 4 * perThread);
        Map<Byte, Integer> next = new HashMap<>();
        for (RecordingHandler.Received frame : far.frames()) {
            int expected = next.merge(frame.bytes()[0], 1, Integer::sum) - 1;
            assertEquals((byte) expected, frame.bytes()[1], "order within a thread");
        }
    }

    @Test
    public void many_channels_do_not_hinder_each_other() throws Exception {
        Listening listening = listen();
        Pair stuck = pair(listening);
        stuck.far().handler().shutGate();
        Filled filled = fill(stuck.near(), bytes(1, FRAME_BYTES));
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            pairs.add(pair(listening));
        }
        for (int i = 0; i < pairs.size(); i++) {
            pairs.get(i).near().send(i, bytes(i, 10_000), patience());
            pairs.get(i).far().send(i, bytes(-i, 10_000), patience());
        }
        for (int i = 0; i < pairs.size(); i++) {
            Pair pair = pairs.get(i);
            pair.far().handler().await("its frame", patience(), () -> !pair.far()
                    .handler()
                    .frames()
                    .isEmpty());
            pair.near().handler().await("its frame", patience(), () -> !pair.near()
                    .handler()
                    .frames()
                    .isEmpty());
            assertSame(
                    bytes(i, 10_000), pair.far().handler().frames().getFirst().bytes(), "frame of channel " + i);
            assertSame(
                    bytes(-i, 10_000), pair.near().handler().frames().getFirst().bytes(), "frame of channel " + i);
        }
        assertEquals(filled.refusals - 1, stuck.near().handler().writable(), "the stuck channel has no room");
        assertTrue(stuck.near().handler().closes().isEmpty(), "the stuck channel is open");
    }
}
