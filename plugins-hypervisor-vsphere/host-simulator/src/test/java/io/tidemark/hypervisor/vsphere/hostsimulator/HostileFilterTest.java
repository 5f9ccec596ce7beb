package io.tidemark.hypervisor.vsphere.hostsimulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.hypervisor.vsphere.filter.protocol.AttachMode;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterConnection;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterProtocol;
import io.tidemark.hypervisor.vsphere.filter.protocol.GapCause;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Complete;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Complete.Upto;
import io.tidemark.hypervisor.vsphere.filter.protocol.MessageWriter;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Filters that break the protocol: they harm nobody but themselves, and the guest least of all. */
final class HostileFilterTest {
    private static final int LIMIT_MILLIS = 300;

    private final Lab lab;

    HostileFilterTest(@TempDir Path datastore) throws Exception {
        lab = new Lab(datastore);
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    /** A connection that says what the test wants. */
    private final class Wild implements AutoCloseable {
        private final Socket socket = new Socket(
                InetAddress.getLoopbackAddress(), lab.simulator.endpoint().port());
        private final FilterConnection connection;

        Wild(UUID id) throws IOException {
            connection = FilterConnection.enter(socket, Lab.SECRET, id, "wild", Lab.soon());
        }

        void say(Message message) throws IOException {
            connection.write(MessageWriter.frame(message));
            connection.flush();
        }

        <M extends Message> M expect(Class<M> type) throws IOException {
            Message message = connection.read();
            while (message instanceof Message.Ping) {
                message = connection.read();
            }
            return assertInstanceOf(type, message);
        }

        Message.Attached attach() throws IOException {
            return attach(LIMIT_MILLIS);
        }

        Message.Attached attach(int limitMillis) throws IOException {
            say(new Message.Attach(1, Lab.DISK, AttachMode.HOLD, limitMillis, 1 << 20));
            return expect(Message.Attached.class);
        }

        void expectEnd() {
            assertThrows(IOException.class, () -> {
                while (connection.read() != null) {
                    // What was on its way.
                }
            });
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private void assertGuestGoesOn(long number) throws Exception {
        long start = System.nanoTime();
        lab.vcenter.console(Lab.VM, "append", 0, number).ok();
        long took = System.nanoTime() - start;
        assertTrue(took < Duration.ofMillis(LIMIT_MILLIS + 1500).toNanos(), () -> "the guest waited " + took);
    }

    @Test
    void completionOfWhatWasNotHandedOutEndsTheConnection() throws Exception {
        lab.powerOn();
        try (Wild wild = new Wild(UUID.randomUUID())) {
            long id = wild.attach().attachment();
            wild.say(new Complete(List.of(new Upto(id, 5))));
            assertTrue(wild.expect(Message.Refuse.class).reason().contains("before it was handed out"));
            wild.expectEnd();
            assertGuestGoesOn(1);
            assertGuestGoesOn(2);
        }
    }

    @Test
    void resumeThatCannotBeEndsTheConnection() throws Exception {
        lab.powerOn();
        UUID me = UUID.randomUUID();
        long id;
        try (Wild wild = new Wild(me)) {
            id = wild.attach().attachment();
        }
        try (Wild wild = new Wild(me)) {
            wild.say(new Message.Resume(2, id, 7, 0));
            wild.expect(Message.Refuse.class);
            wild.expectEnd();
        }
        assertGuestGoesOn(1);
    }

    @Test
    void attachmentsOfOthersAreOutOfReach() throws Exception {
        lab.powerOn();
        try (Wild owner = new Wild(UUID.randomUUID());
                Wild thief = new Wild(UUID.randomUUID())) {
            long id = owner.attach(2000).attachment();
            Thread guest = Thread.ofVirtual().start(() -> {
                try {
                    lab.vcenter.console(Lab.VM, "append", 0, 1);
                } catch (Exception failed) {
                    throw new IllegalStateException(failed);
                }
            });
            assertEquals(1, owner.expect(Message.Write.class).sequence());
            thief.say(new Complete(List.of(new Upto(id, 1))));
            thief.say(new Message.Detach(1, id));
            thief.expect(Message.Detached.class);
            thief.say(new Message.Status(2, id));
            thief.expect(Message.Failed.class);
            thief.say(new Message.Resume(3, id, 0, 0));
            thief.expect(Message.Failed.class);
            owner.say(new Message.Status(4, id));
            Message.State state = owner.expect(Message.State.class);
            assertEquals(0, state.state().completedSequence());
            assertEquals(Optional.empty(), state.state().gap());
            owner.say(new Complete(List.of(new Upto(id, 1))));
            guest.join();
            owner.say(new Message.Status(5, id));
            assertEquals(1, owner.expect(Message.State.class).state().completedSequence());
        }
    }

    @Test
    void filterThatAsksButDoesNotReadIsHungUpOn() throws Exception {
        lab.powerOn();
        try (Wild wild = new Wild(UUID.randomUUID())) {
            assertThrows(IOException.class, () -> {
                Deadline limit = Lab.soon(); // buffers on the way take some megabytes before anything is felt
                for (int i = 0; !limit.passed(); i++) {
                    wild.say(new Message.Read(i, Lab.DISK, 0, FilterProtocol.MOST_READ_BYTES));
                }
            });
        }
        Lab.await("the host has let go of it", () -> lab.simulator.endpoint().connections() == 0);
        assertGuestGoesOn(1);
    }

    @Test
    void filterThatReadsNothingCostsTheGuestOneLimit() throws Exception {
        lab.with("workload", "random")
                .with("writes-per-second", "max")
                .with("threads-per-disk", 4)
                .powerOn();
        try (Wild wild = new Wild(UUID.randomUUID())) {
            long id = wild.attach().attachment();
            lab.awaitMoreWrites(500);
            long longest = lab.vcenter.report(Lab.VM).path("longestNanos").asLong();
            assertTrue(longest < Duration.ofMillis(LIMIT_MILLIS + 1500).toNanos(), () -> "waited " + longest);
            Message message = wild.connection.read();
            while (!(message instanceof Message.Gap)) {
                message = wild.connection.read();
            }
            assertEquals(id, ((Message.Gap) message).state().attachment());
            assertEquals(
                    Optional.of(GapCause.FILTER_SLOW),
                    ((Message.Gap) message).state().gap());
        }
    }

    @Test
    void noiseEndsTheConnectionAndNothingElse() throws Exception {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        lab.powerOn();
        for (int round = 0; round < 30; round++) {
            byte[] noise = new byte[random.nextInt(1, 400)];
            random.nextBytes(noise);
            try (Wild wild = new Wild(UUID.randomUUID())) {
                wild.attach();
                wild.connection.write(noise);
                wild.connection.flush();
                wild.socket.shutdownOutput();
                wild.expectEnd();
            }
        }
        try (Socket stranger = new Socket(
                InetAddress.getLoopbackAddress(), lab.simulator.endpoint().port())) {
            byte[] noise = new byte[100];
            random.nextBytes(noise);
            stranger.getOutputStream().write(noise);
            assertEquals(-1, stranger.getInputStream().read(), () -> "seed " + seed);
        }
        assertGuestGoesOn(1);
        assertEquals(1, lab.client().disks(Lab.soon()).size());
    }

    @Test
    void closedSimulatorLeavesNoThread() throws Exception {
        lab.with("workload", "random").with("writes-per-second", "max").powerOn();
        lab.client()
                .attach(
                        io.tidemark.hypervisor.vsphere.filter.AttachSpec.of(Lab.DISK),
                        new Shadow(Lab.DISK_BYTES),
                        Lab.soon());
        lab.awaitMoreWrites(50);
        lab.close();
        Lab.await("all threads have ended", () -> Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .noneMatch(
                        name -> name.startsWith("filter-") || name.startsWith("guest-") || name.startsWith("host-")));
    }
}
