package io.tidemark.hypervisor.vsphere.filter.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Complete.Upto;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.BlockExtent.Content;
import io.tidemark.spi.block.ZeroCause;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class FramesTest {
    private static final UUID ID = new UUID(0x0102030405060708L, 0x090a0b0c0d0e0f10L);

    private static ByteBuffer bytes(int count, int value) {
        byte[] bytes = new byte[count];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
    }

    /** One of each. */
    private static List<Message> messages() {
        AttachmentState whole = new AttachmentState(-5, Optional.empty(), 9, 8, true, 3, "");
        AttachmentState broken = new AttachmentState(6, Optional.of(GapCause.FILTER_SLOW), 9, 8, false, 0, "därum");
        return List.of(
                new Message.Hello(1, ID, bytes(32, 1), "who"),
                new Message.Challenge(1, ID, bytes(32, 2), bytes(32, 3)),
                new Message.Proof(bytes(32, 4)),
                new Message.Welcome(5000),
                new Message.Refuse("no"),
                new Message.Ping(),
                new Message.Bye(),
                new Message.ListDisks(1),
                new Message.Attach(2, "vm-1/2000", AttachMode.OBSERVE, 500, 4096),
                new Message.Resume(3, -7, 12, 11),
                new Message.Detach(4, 7),
                new Message.Read(5, "vm-1/2000", 1L << 40, 512),
                new Message.Extents(6, "vm-1/2000", 512, 1L << 40),
                new Message.Status(7, 7),
                new Message.Disks(1, List.of(new DiskInfo("vm-1/2000", "vm-1", "één", "/a/b-flat.vmdk", 42, true))),
                new Message.Attached(2, -7, 42, true, 2),
                new Message.State(3, whole),
                new Message.State(7, broken),
                new Message.Detached(4),
                new Message.Data(5, 12, bytes(512, 9)),
                new Message.ExtentList(
                        6,
                        512,
                        List.of(new BlockExtent(512, 512, Content.ZERO), new BlockExtent(1024, 1, Content.DATA))),
                new Message.Failed(8, Message.Failed.Kind.BUSY, "later"),
                new Message.Write(-7, 1, 4096, bytes(1000, 5)),
                new Message.Zero(-7, 2, 4096, 512, ZeroCause.TRIM),
                new Message.Flush(-7, 3),
                new Message.Event(-7, 4, new DiskEvent(DiskEvent.Kind.RESIZED, 43)),
                new Message.Gap(broken),
                new Message.Complete(List.of(new Upto(-7, 3), new Upto(8, 9))));
    }

    private static Message read(byte[] frame) throws IOException {
        ByteArrayInputStream in = new ByteArrayInputStream(frame);
        MessageReader reader = new MessageReader(in);
        reader.trust();
        Message message = reader.next();
        assertEquals(0, in.available());
        return message;
    }

    @TestFactory
    Stream<DynamicTest> messagesSurviveTheWire() {
        return messages().stream()
                .map(message -> DynamicTest.dynamicTest(
                        message.toString(), () -> assertEquals(message, read(MessageWriter.frame(message)))));
    }

    @Test
    void everyKindIsInTheList() {
        assertEquals(
                FrameType.values().length,
                messages().stream().map(Message::getClass).distinct().count());
    }

    /** What is drawn in docs/format/filter-protocol.md, byte by byte; a change here is another version of the protocol. */
    @Test
    void bytesAreAsDrawn() throws Exception {
        assertFrame("00000000 06 000000", "", new Message.Ping());
        assertFrame(
                "0000001c 30 000000",
                "fffffffffffffff9 0000000000000001 0000000000001000 05050505",
                new Message.Write(-7, 1, 4096, bytes(4, 5)));
        assertFrame(
                "00000021 31 000000",
                "0000000000000007 0000000000000002 0000000000001000 0000000000000200 01",
                new Message.Zero(7, 2, 4096, 512, ZeroCause.TRIM));
        assertFrame(
                "00000019 33 000000",
                "0000000000000007 0000000000000004 03 000000000000002b",
                new Message.Event(7, 4, new DiskEvent(DiskEvent.Kind.RESIZED, 43)));
        assertFrame(
                "00000011 11 000000",
                "00000002 0002 762f 01 000001f4 00001000",
                new Message.Attach(2, "v/", AttachMode.OBSERVE, 500, 4096));
        assertFrame(
                "00000025 34 000000",
                "0000000000000006 01 01 0000000000000009 0000000000000008 00 00000002 0004 " + hex("away"),
                new Message.Gap(new AttachmentState(6, Optional.of(GapCause.FILTER_LOST), 9, 8, false, 2, "away")));
        assertFrame(
                "00000014 40 000000",
                "00000001 0000000000000007 0000000000000003",
                new Message.Complete(List.of(new Upto(7, 3))));
        assertEquals(
                "FILTER_SLOW FILTER_LOST OVERFLOW TAKEN_OVER DISK_REMOVED DISK_CHANGED DISK_FAILED UNKNOWN LISTENER_FAILED",
                String.join(
                        " ", Arrays.stream(GapCause.values()).map(Enum::name).toList()));
        assertEquals("[HOLD, OBSERVE]", Arrays.toString(AttachMode.values()));
        assertEquals("[POWER_ON, POWER_OFF, SNAPSHOT, RESIZED]", Arrays.toString(DiskEvent.Kind.values()));
        assertEquals("[REJECTED, DISK_FAILED, BUSY]", Arrays.toString(Message.Failed.Kind.values()));
        assertEquals("[WRITE_ZEROES, TRIM]", Arrays.toString(ZeroCause.values()), "the SPI's order is on the wire");
        assertEquals("[DATA, ZERO]", Arrays.toString(Content.values()), "the SPI's order is on the wire");
    }

    private static void assertFrame(String header, String payload, Message message) {
        byte[] frame = MessageWriter.frame(message);
        HexFormat hex = HexFormat.of();
        assertEquals(header.replace(" ", ""), hex.formatHex(frame, 0, 8));
        assertEquals(payload.replace(" ", ""), hex.formatHex(frame, 12, frame.length));
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(frame, 0, 8);
        crc.update(frame, 12, frame.length - 12);
        assertEquals((int) crc.getValue(), ByteBuffer.wrap(frame).getInt(8));
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Whatever single bit is wrong: it is noticed, before anything is believed. */
    @Test
    void everyFlippedBitIsNoticed() {
        for (Message message : messages()) {
            byte[] frame = MessageWriter.frame(message);
            for (int bit = 0; bit < Math.min(frame.length, 200) * 8; bit++) {
                byte[] wrong = frame.clone();
                wrong[bit / 8] ^= (byte) (1 << bit % 8);
                int at = bit;
                IOException noticed = assertThrows(IOException.class, () -> read(wrong), () -> message + " bit " + at);
                assertTrue(noticed instanceof MalformedFrameException || noticed instanceof EOFException);
            }
        }
    }

    /** Right checksums do not make right messages: nothing else than an exception of ours comes out of noise. */
    @Test
    void noiseWithARightChecksumIsRefusedOrRead() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        List<FrameType> types = List.of(FrameType.values());
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            ByteBuffer frame = ByteBuffer.allocate(12 + random.nextInt(80));
            random.nextBytes(frame.array());
            FrameType type = types.get(random.nextInt(types.size()));
            frame.putInt(0, frame.capacity() - 12)
                    .put(4, type.code)
                    .put(5, (byte) 0)
                    .putShort(6, (short) 0);
            frame.putInt(8, MessageWriter.checksum(frame, frame.slice(12, frame.capacity() - 12)));
            try {
                read(frame.array());
            } catch (MalformedFrameException expected) {
                refused++;
            } catch (IOException | RuntimeException wrong) {
                throw new AssertionError("seed " + seed + ", round " + round + ", " + type, wrong);
            }
        }
        assertTrue(refused > 10_000, "only " + refused);
    }

    @Test
    void strangersMaySendNothingLong() {
        byte[] frame = MessageWriter.frame(new Message.Write(1, 1, 0, bytes(9000, 1)));
        MessageReader reader = new MessageReader(new ByteArrayInputStream(frame));
        assertThrows(MalformedFrameException.class, reader::next);
    }

    @Test
    void longTextsAreCutBetweenCharacters() throws Exception {
        String text = "ä".repeat(3000);
        Message.Refuse read = (Message.Refuse) read(MessageWriter.frame(new Message.Refuse(text)));
        assertEquals("ä".repeat(2048), read.reason());
        Message.Refuse odd = (Message.Refuse) read(MessageWriter.frame(new Message.Refuse("x" + text)));
        assertEquals("x" + "ä".repeat(2047), odd.reason());
    }
}
