package io.tidemark.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What the server answers to each request, right and wrong ones, down to the bytes. */
@Timeout(60)
class NbdServerProtocolTest {
    private static final int SIZE_BYTES = 4 << 20;
    private static final int EPERM = 1;
    private static final int EIO = 5;
    private static final int EINVAL = 22;
    private static final int ENOSPC = 28;
    private static final int EOVERFLOW = 75;
    private static final int ENOTSUP = 95;

    @TempDir
    Path folder;

    private final MemoryExport disk = new MemoryExport(SIZE_BYTES);
    private Path socket;
    private NbdServer server;

    @BeforeEach
    void serve() throws IOException {
        socket = folder.resolve("s");
        // The smallest buffers, so that pieces and wrap-around happen with small requests.
        server = NbdServer.listen(
                NbdServerConfig.unix(socket).withBufferBytes(64 << 10).withHandshakeLimit(Duration.ofSeconds(30)));
        server.addExport("", disk);
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void exportNameEndsWithZeroesUnlessTheClientDeclines() throws IOException {
        for (int flags : new int[] {0, 1, 3}) {
            try (RawConnection raw = new RawConnection(socket)) {
                raw.greet(flags).option(NbdProtocol.OPT_EXPORT_NAME, new byte[0]);
                ByteBuffer answer = raw.receive(flags == 3 ? 10 : 134);
                assertEquals(SIZE_BYTES, answer.getLong());
                raw.request(NbdProtocol.CMD_READ, 0, 7, 0, 512);
                assertEquals(512, raw.reply(512).data().length);
            }
        }
    }

    @Test
    void unknownAndMalformedOptionsAreAnsweredAndHagglingGoesOn() throws IOException {
        try (RawConnection raw = new RawConnection(socket)) {
            raw.greet(3);
            for (int unsupported : new int[] {4, 5, 11, 12345, -1}) {
                raw.option(unsupported, new byte[33]);
                assertEquals(new RawAnswer(unsupported, NbdProtocol.REP_ERR_UNSUP), RawAnswer.of(raw.optionReply()));
            }
            byte[] shortName = {0, 0, 0, 9, 'x', 0, 0};
            byte[] negativeName = {-1, -1, -1, -1, 'x', 0, 0};
            byte[] tooManyItems = {0, 0, 0, 0, 0, 9, 0, 1};
            byte[] trailing = {0, 0, 0, 0, 0, 0, 7};
            for (byte[] bad : List.of(new byte[0], shortName, negativeName, tooManyItems, trailing)) {
                for (int option :
                        new int[] {NbdProtocol.OPT_GO, NbdProtocol.OPT_INFO, NbdProtocol.OPT_SET_META_CONTEXT}) {
                    raw.option(option, bad);
                    assertEquals(new RawAnswer(option, NbdProtocol.REP_ERR_INVALID), RawAnswer.of(raw.optionReply()));
                }
            }
            for (int option : new int[] {NbdProtocol.OPT_LIST, NbdProtocol.OPT_STRUCTURED_REPLY}) {
                raw.option(option, new byte[] {1});
                assertEquals(new RawAnswer(option, NbdProtocol.REP_ERR_INVALID), RawAnswer.of(raw.optionReply()));
            }
            raw.option(NbdProtocol.OPT_GO, RawConnection.nameAndItems("no such"));
            assertEquals(NbdProtocol.REP_ERR_UNKNOWN, raw.optionReply().type());
            raw.option(NbdProtocol.OPT_LIST_META_CONTEXT, RawConnection.contexts(""));
            assertEquals(NbdProtocol.REP_ERR_INVALID, raw.optionReply().type(), "structured replies come first");
            raw.option(NbdProtocol.OPT_ABORT, new byte[0]);
            assertEquals(NbdProtocol.REP_ACK, raw.optionReply().type());
            assertEquals(0, raw.drain());
        }
    }

    @Test
    void metaContextsFollowTheirQueries() throws IOException {
        try (RawConnection raw = new RawConnection(socket)) {
            raw.greet(3).option(NbdProtocol.OPT_STRUCTURED_REPLY, new byte[0]);
            assertEquals(NbdProtocol.REP_ACK, raw.optionReply().type());
            assertContexts(raw, NbdProtocol.OPT_LIST_META_CONTEXT, 1);
            assertContexts(raw, NbdProtocol.OPT_LIST_META_CONTEXT, 1, "base:");
            assertContexts(raw, NbdProtocol.OPT_LIST_META_CONTEXT, 1, "x:y", "base:allocation");
            assertContexts(raw, NbdProtocol.OPT_LIST_META_CONTEXT, 0, "x:y");
            assertContexts(raw, NbdProtocol.OPT_SET_META_CONTEXT, 0);
            assertContexts(raw, NbdProtocol.OPT_SET_META_CONTEXT, 0, "base:");
            assertContexts(raw, NbdProtocol.OPT_SET_META_CONTEXT, 1, "base:allocation");
            assertContexts(raw, NbdProtocol.OPT_SET_META_CONTEXT, 0, "base:nothing");
            raw.option(NbdProtocol.OPT_GO, RawConnection.nameAndItems(""));
            assertEquals(NbdProtocol.REP_INFO, raw.optionReply().type());
            assertEquals(NbdProtocol.REP_ACK, raw.optionReply().type());
            raw.request(NbdProtocol.CMD_BLOCK_STATUS, 0, 1, 0, 4096);
            assertEquals(EINVAL, raw.reply(0).error(), "the last selection was empty");
        }
    }

    @Test
    void badRangesAndFlagsGetTheirErrors() throws IOException {
        try (RawConnection raw = new RawConnection(socket).chooseDefault()) {
            for (long offset :
                    new long[] {SIZE_BYTES, SIZE_BYTES - 511L, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE, -1, -512}) {
                assertError(EINVAL, raw, NbdProtocol.CMD_READ, 0, offset, 512);
                assertError(ENOSPC, raw, NbdProtocol.CMD_WRITE, 0, offset, 512, new byte[512]);
                assertError(ENOSPC, raw, NbdProtocol.CMD_WRITE_ZEROES, 0, offset, 512);
                assertError(EINVAL, raw, NbdProtocol.CMD_TRIM, 0, offset, 512);
                assertError(EINVAL, raw, NbdProtocol.CMD_TRIM, 0, offset, -1);
            }
            assertError(EINVAL, raw, NbdProtocol.CMD_BLOCK_STATUS, 0, 0, 512);
            assertError(EINVAL, raw, NbdProtocol.CMD_READ, NbdProtocol.CMD_FLAG_NO_HOLE, 0, 512);
            assertError(EINVAL, raw, NbdProtocol.CMD_WRITE, 0x8000, 0, 3, new byte[3]);
            assertError(ENOTSUP, raw, NbdProtocol.CMD_WRITE_ZEROES, NbdProtocol.CMD_FLAG_FAST_ZERO, 0, 512);
            assertError(EINVAL, raw, 5, 0, 0, 512);
            assertError(EINVAL, raw, 99, 0, 0, 512);
            assertEquals(0, disk.writes.get());
            for (int type : new int[] {0, 1, 3, 4, 6}) {
                assertError(0, raw, type, 0, SIZE_BYTES, 0);
            }
            raw.request(NbdProtocol.CMD_DISC, 0, 1, 0, 0);
            assertEquals(0, raw.drain());
        }
    }

    @Test
    void tooLargeReadIsRefusedAndTooLargeWriteDisconnects() throws IOException {
        server.addExport("huge", new MemoryExport(0) {
            @Override
            public long sizeBytes() {
                return Long.MAX_VALUE;
            }
        });
        try (RawConnection raw = new RawConnection(socket)) {
            raw.greet(3).option(NbdProtocol.OPT_EXPORT_NAME, new byte[] {'h', 'u', 'g', 'e'});
            assertEquals(Long.MAX_VALUE, raw.receive(10).getLong());
            assertError(EOVERFLOW, raw, NbdProtocol.CMD_READ, 0, 0, (32 << 20) + 1);
            assertError(EINVAL, raw, NbdProtocol.CMD_READ, 0, Long.MAX_VALUE - 5, 6 + 512);
            raw.request(NbdProtocol.CMD_WRITE, 0, 1, 0, (32 << 20) + 1);
            assertEquals(0, raw.drain());
        }
    }

    @Test
    void readOnlyExportRefusesEveryChangeAndKeepsThePlaceInTheStream() throws IOException {
        disk.readOnlyNow();
        try (RawConnection raw = new RawConnection(socket).chooseDefault()) {
            assertError(EPERM, raw, NbdProtocol.CMD_WRITE, 0, 0, 300_000, new byte[300_000]);
            assertError(EPERM, raw, NbdProtocol.CMD_TRIM, 0, 0, 4096);
            assertError(EPERM, raw, NbdProtocol.CMD_WRITE_ZEROES, 0, 0, 4096);
            assertError(0, raw, NbdProtocol.CMD_FLUSH, 0, 0, 0);
            raw.request(NbdProtocol.CMD_READ, 0, 3, 0, 8);
            assertArrayEquals(new byte[8], raw.reply(8).data());
        }
    }

    @Test
    void whatIsNotAdvertisedIsRefused() throws IOException {
        disk.without(NbdAbility.FLUSH, NbdAbility.FUA, NbdAbility.TRIM, NbdAbility.WRITE_ZEROES);
        try (RawConnection raw = new RawConnection(socket).chooseDefault()) {
            assertError(EINVAL, raw, NbdProtocol.CMD_FLUSH, 0, 0, 0);
            assertError(EINVAL, raw, NbdProtocol.CMD_WRITE, NbdProtocol.CMD_FLAG_FUA, 0, 1, new byte[1]);
            assertError(EINVAL, raw, NbdProtocol.CMD_TRIM, 0, 0, 4096);
            assertError(EINVAL, raw, NbdProtocol.CMD_WRITE_ZEROES, 0, 0, 4096);
            assertError(0, raw, NbdProtocol.CMD_WRITE, 0, 0, 1, new byte[1]);
        }
        assertEquals(0, disk.flushes.get());
    }

    @Test
    void fastZeroIsAllowedWhereTheExportPromisesIt() throws IOException {
        disk.with(NbdAbility.FAST_ZERO);
        try (RawConnection raw = new RawConnection(socket).chooseDefault()) {
            assertError(0, raw, NbdProtocol.CMD_WRITE_ZEROES, NbdProtocol.CMD_FLAG_FAST_ZERO, 0, 512);
        }
    }

    @Test
    void fuaFlushesBeforeTheAcknowledgement() throws IOException {
        try (RawConnection raw = new RawConnection(socket).chooseDefault()) {
            int flushes = 0;
            for (int type : new int[] {NbdProtocol.CMD_WRITE, NbdProtocol.CMD_WRITE_ZEROES, NbdProtocol.CMD_TRIM}) {
                byte[] payload = type == NbdProtocol.CMD_WRITE ? new byte[512] : new byte[0];
                assertError(0, raw, type, NbdProtocol.CMD_FLAG_FUA, 0, 512, payload);
                assertEquals(++flushes, disk.flushes.get());
            }
        }
    }

    @Test
    void largeRequestsArriveWholeInPieces() throws IOException {
        byte[] data = new byte[(64 << 10) * 5 + 777];
        new Random(1).nextBytes(data);
        try (RawConnection raw = new RawConnection(socket).chooseDefault()) {
            assertError(0, raw, NbdProtocol.CMD_WRITE, 0, 1234, data.length, data);
            assertTrue(disk.writes.get() > 1, "more than the buffer holds");
            raw.request(NbdProtocol.CMD_READ, 0, 9, 1234, data.length);
            assertArrayEquals(data, raw.reply(data.length).data());
        }
        assertArrayEquals(data, Arrays.copyOfRange(disk.contents(), 1234, 1234 + data.length));
        try (RawConnection raw = new RawConnection(socket).chooseDefaultStructured()) {
            raw.request(NbdProtocol.CMD_READ, 0, 9, 1234, data.length);
            byte[] got = new byte[data.length];
            RawConnection.Reply chunk;
            do {
                chunk = raw.reply(0);
                assertEquals(NbdProtocol.REPLY_TYPE_OFFSET_DATA, chunk.type());
                int at = (int) (ByteBuffer.wrap(chunk.data()).getLong() - 1234);
                System.arraycopy(chunk.data(), 8, got, at, chunk.data().length - 8);
            } while ((chunk.flags() & NbdProtocol.REPLY_FLAG_DONE) == 0);
            assertArrayEquals(data, got);
        }
    }

    @Test
    void blockStatusHonoursOneExtentAndTheRange() throws IOException {
        disk.fill(8192, new byte[4096]);
        try (RawConnection raw = new RawConnection(socket).chooseDefaultStructured()) {
            raw.request(NbdProtocol.CMD_BLOCK_STATUS, 0, 1, 100, SIZE_BYTES - 100);
            assertArrayEquals(
                    new int[] {1, 8092, 3, 4096, 0, SIZE_BYTES - 12288, 3},
                    ints(raw.reply(0).data()));
            raw.request(NbdProtocol.CMD_BLOCK_STATUS, NbdProtocol.CMD_FLAG_REQ_ONE, 1, 8192, 100);
            assertArrayEquals(new int[] {1, 100, 0}, ints(raw.reply(0).data()));
            raw.request(NbdProtocol.CMD_BLOCK_STATUS, 0, 1, 0, 0);
            assertEquals(EINVAL, raw.reply(0).error());
            raw.request(NbdProtocol.CMD_READ, 0, 1, SIZE_BYTES, 1);
            assertEquals(NbdProtocol.REPLY_TYPE_ERROR, raw.reply(0).type(), "structured errors to reads");
        }
    }

    @Test
    void failingExportIsAnErrorReplyAndIsLoggedOnce() throws IOException {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger(ServedExport.class);
        logger.setLevel(Level.INFO);
        log.start();
        logger.addAppender(log);
        try (RawConnection raw = new RawConnection(socket).chooseDefault();
                RawConnection structured = new RawConnection(socket).chooseDefaultStructured()) {
            assertFailure(raw, structured, EIO, new IOException("the disk is on fire"));
            assertFailure(raw, structured, ENOSPC, new IOException("No space left on device"));
            assertFailure(raw, structured, EPERM, new NbdErrorException(NbdError.EPERM, "fenced"));
            assertFailure(raw, structured, EIO, new IllegalStateException("a defect"));
            disk.failWith(null);
            assertError(0, raw, NbdProtocol.CMD_WRITE, 0, 0, 1, new byte[] {5});
            assertEquals(5, disk.contents()[0]);
        } finally {
            logger.detachAppender(log);
            logger.setLevel(null);
        }
        assertEquals(
                List.of(Level.WARN, Level.ERROR),
                log.list.stream().map(ILoggingEvent::getLevel).toList());
    }

    @Test
    void wrongAnswersOfAnExportNeverReachTheClient() throws IOException {
        server.addExport("liar", new MemoryExport(SIZE_BYTES) {
            @Override
            public synchronized void read(long offset, ByteBuffer into) {
                into.put((byte) 1);
            }

            @Override
            public synchronized List<NbdExtent> extents(long offset, long lengthBytes) {
                return List.of(new NbdExtent(offset + 1, lengthBytes, NbdExtent.Content.DATA));
            }
        });
        try (NbdClient client = NbdClient.connect(NbdClientConfig.unix(socket, "liar"))) {
            assertEquals(
                    NbdError.EIO,
                    assertThrows(NbdErrorException.class, () -> client.read(0, ByteBuffer.allocate(2)))
                            .error());
            assertEquals(
                    NbdError.EIO,
                    assertThrows(NbdErrorException.class, () -> client.blockStatus(0, 10))
                            .error());
        }
    }

    @Test
    void simpleReplyThatCantReportALateErrorEndsTheConnection() throws IOException {
        server.addExport("late", new MemoryExport(SIZE_BYTES) {
            @Override
            public synchronized void read(long offset, ByteBuffer into) throws IOException {
                if (offset > 0) {
                    throw new IOException("second piece");
                }
                super.read(offset, into);
            }
        });
        try (RawConnection raw = new RawConnection(socket)) {
            raw.greet(3).option(NbdProtocol.OPT_EXPORT_NAME, new byte[] {'l', 'a', 't', 'e'});
            raw.receive(10);
            raw.request(NbdProtocol.CMD_READ, 0, 1, 0, 128 << 10);
            assertThrows(EOFException.class, () -> raw.reply(128 << 10));
        }
        try (NbdClient client = NbdClient.connect(NbdClientConfig.unix(socket, "late"))) {
            assertThrows(NbdErrorException.class, () -> client.read(0, ByteBuffer.allocate(128 << 10)));
            client.read(0, ByteBuffer.allocate(512));
        }
    }

    @Test
    void repliesOfABatchComeInOrderWhileTheNextPayloadIsOutstanding() throws IOException {
        try (RawConnection raw = new RawConnection(socket).chooseDefault()) {
            ByteBuffer batch = ByteBuffer.allocate(1 << 20);
            for (int i = 0; i < 100; i++) {
                batch.putInt(NbdProtocol.REQUEST_MAGIC)
                        .putShort((short) 0)
                        .putShort((short) 1)
                        .putLong(i);
                batch.putLong(512L * i).putInt(512).put(new byte[512]);
            }
            // The header of one more write, without its payload: the replies may not wait for that.
            batch.putInt(NbdProtocol.REQUEST_MAGIC)
                    .putShort((short) 0)
                    .putShort((short) 1)
                    .putLong(100);
            batch.putLong(0).putInt(512);
            raw.send(batch);
            for (int i = 0; i < 100; i++) {
                assertEquals(i, raw.reply(0).cookie());
            }
            raw.send(ByteBuffer.allocate(512).put(new byte[512]));
            assertEquals(100, raw.reply(0).cookie());
        }
    }

    private record RawAnswer(int option, int type) {
        static RawAnswer of(RawConnection.OptionReply reply) {
            return new RawAnswer(reply.option(), reply.type());
        }
    }

    private static void assertContexts(RawConnection raw, int option, int expected, String... queries)
            throws IOException {
        raw.option(option, RawConnection.contexts("", queries));
        for (int i = 0; i < expected; i++) {
            assertEquals(NbdProtocol.REP_META_CONTEXT, raw.optionReply().type());
        }
        assertEquals(NbdProtocol.REP_ACK, raw.optionReply().type());
    }

    private static void assertError(
            int expected, RawConnection raw, int type, int flags, long offset, int length, byte... payload)
            throws IOException {
        raw.request(type, flags, 4711, offset, length, payload);
        RawConnection.Reply reply = raw.reply(0);
        assertEquals(4711, reply.cookie());
        assertEquals(expected, reply.error(), () -> "command " + type + " at " + offset + "+" + length);
    }

    private void assertFailure(RawConnection raw, RawConnection structured, int expected, Exception failure)
            throws IOException {
        disk.failWith(failure);
        for (RawConnection connection : List.of(raw, structured)) {
            assertError(expected, connection, NbdProtocol.CMD_READ, 0, 0, 512);
            assertError(expected, connection, NbdProtocol.CMD_WRITE, 0, 0, 512, new byte[512]);
            assertError(expected, connection, NbdProtocol.CMD_WRITE_ZEROES, 0, 0, 512);
            assertError(expected, connection, NbdProtocol.CMD_TRIM, 0, 0, 512);
            assertError(expected, connection, NbdProtocol.CMD_FLUSH, 0, 0, 0);
        }
        assertError(expected, structured, NbdProtocol.CMD_BLOCK_STATUS, 0, 0, 512);
    }

    private static int[] ints(byte[] data) {
        int[] ints = new int[data.length / 4];
        ByteBuffer.wrap(data).asIntBuffer().get(ints);
        return ints;
    }
}
