package io.tidemark.journal;

import io.tidemark.journal.file.StoreFiles;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What a journal is, and how far ageing is. Immutable; each change replaces the file.
 *
 * @param incarnation made at creation: tells this journal's files from those of another one of the same VM
 * @param floorPosition the base images hold everything before this, durably (J3)
 * @param viewFloorPosition no view may lie before this: the base images may hold parts of what comes before it. At least the floor; beyond it
 *     while segments are being folded
 * @param epoch the epoch that a role change asked for; batches may have raised it since
 */
record Manifest(JournalSpec spec, UUID incarnation, long floorPosition, long viewFloorPosition, long epoch) {
    private static final int MAGIC = 0x314A4D54; // "TMJ1"
    private static final int VERSION = 1;
    private static final int FIXED_BYTES = 80;

    static Manifest fresh(JournalSpec spec) {
        return new Manifest(spec, UUID.randomUUID(), 0, 0, 0);
    }

    Manifest withFloors(long floor, long viewFloor) {
        return new Manifest(spec, incarnation, floor, viewFloor, epoch);
    }

    Manifest withEpoch(long raised) {
        return new Manifest(spec, incarnation, floorPosition, viewFloorPosition, raised);
    }

    static Manifest read(StoreFiles files, Path path) throws IOException {
        ByteBuffer bytes = WholeFile.read(files, path);
        Checksum.verify(bytes, MAGIC, VERSION, "the manifest", path);
        try {
            return decode(bytes);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new JournalCorruptException("the manifest " + path + " has impossible values", e);
        }
    }

    private static Manifest decode(ByteBuffer bytes) {
        bytes.position(8);
        UUID incarnation = new UUID(bytes.getLong(), bytes.getLong());
        long floor = bytes.getLong();
        long viewFloor = bytes.getLong();
        long epoch = bytes.getLong();
        VpgId vpg = new VpgId(new UUID(bytes.getLong(), bytes.getLong()));
        int volumeCount = bytes.getInt();
        bytes.getInt();
        VmId vm = new VmId(getString(bytes));
        List<JournalVolume> volumes = new ArrayList<>();
        for (int i = 0; i < volumeCount; i++) {
            long sizeBytes = bytes.getLong();
            volumes.add(new JournalVolume(new VolumeId(getString(bytes)), sizeBytes));
        }
        return new Manifest(new JournalSpec(new JournalId(vpg, vm), volumes), incarnation, floor, viewFloor, epoch);
    }

    void write(StoreFiles files, Path path) throws IOException {
        WholeFile.replace(files, path, encode());
    }

    ByteBuffer encode() {
        byte[] vm = utf8(spec.id().vm().value());
        int lengthBytes = FIXED_BYTES + 2 + vm.length + Checksum.BYTES;
        for (JournalVolume volume : spec.volumes()) {
            lengthBytes += 8 + 2 + utf8(volume.id().value()).length;
        }
        ByteBuffer bytes = ByteBuffer.allocate(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(MAGIC).putInt(VERSION);
        putUuid(bytes, incarnation);
        bytes.putLong(floorPosition).putLong(viewFloorPosition).putLong(epoch);
        putUuid(bytes, spec.id().vpg().value());
        bytes.putInt(spec.volumes().size()).putInt(0);
        putString(bytes, vm);
        for (JournalVolume volume : spec.volumes()) {
            bytes.putLong(volume.sizeBytes());
            putString(bytes, utf8(volume.id().value()));
        }
        Checksum.seal(bytes);
        return bytes.rewind();
    }

    private static void putUuid(ByteBuffer bytes, UUID id) {
        bytes.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    }

    private static byte[] utf8(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > 0xFFFF) {
            throw new IllegalArgumentException("a name of " + bytes.length + " bytes is too long for a manifest");
        }
        return bytes;
    }

    private static void putString(ByteBuffer bytes, byte[] text) {
        bytes.putShort((short) text.length).put(text);
    }

    private static String getString(ByteBuffer bytes) {
        byte[] text = new byte[bytes.getShort() & 0xFFFF];
        bytes.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }
}
