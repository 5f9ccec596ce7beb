package io.tidemark.hypervisor.vsphere;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A disk as the played host sees it: writes go to the flat file and into the changed map beside it, unless they are held. */
final class PlayedDisk {
    static final int GRAIN_BYTES = 64 << 10;
    private static final int LONGEST_HOLD_SECONDS = 5;

    private final Path flat;
    private final Path json;
    private final Path map;
    /** Taken for each write, and by a freeze until its thaw. */
    private final Semaphore turn = new Semaphore(1, true);

    private String uuid = UUID.randomUUID().toString();
    private int sequence = 1;
    private boolean prepared;

    PlayedDisk(Path flat) {
        this.flat = flat;
        String base = flat.toString().substring(0, flat.toString().length() - "-flat.vmdk".length());
        this.json = Path.of(base + "-ctk.json");
        this.map = Path.of(base + "-ctk.bin");
    }

    long sizeBytes() throws IOException {
        return Files.size(flat);
    }

    byte[] read(long offset, int length) throws IOException {
        try (FileChannel channel = FileChannel.open(flat)) {
            ByteBuffer into = ByteBuffer.allocate(length);
            int count = 0;
            while (into.hasRemaining() && count >= 0) {
                count = channel.read(into, offset + into.position());
            }
            return into.array();
        }
    }

    /** Writes, and returns when the guest may be told so. */
    void write(long offset, byte[] bytes) throws IOException, InterruptedException {
        turn.acquire();
        try {
            prepare();
            try (FileChannel channel = FileChannel.open(flat, StandardOpenOption.WRITE)) {
                ByteBuffer data = ByteBuffer.wrap(bytes);
                while (data.hasRemaining()) {
                    channel.write(data, offset + data.position());
                }
            }
            try (FileChannel channel = FileChannel.open(map, StandardOpenOption.WRITE)) {
                for (long grain = offset / GRAIN_BYTES; grain * GRAIN_BYTES < offset + bytes.length; grain++) {
                    ByteBuffer number = ByteBuffer.allocate(Integer.BYTES)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putInt(0, sequence);
                    channel.write(number, grain * Integer.BYTES);
                }
            }
        } finally {
            turn.release();
        }
    }

    /** Holds all writes from now on. */
    String freeze() throws IOException, InterruptedException {
        if (!turn.tryAcquire(LONGEST_HOLD_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException(flat + " is held already");
        }
        prepare();
        sequence++;
        writeTracking();
        return "{\"uuid\":\"" + uuid + "\",\"sequence\":" + sequence + "}";
    }

    void thaw() {
        turn.release();
    }

    /** Forgets what changed, as a host does after it crashed. */
    void resetTracking() throws IOException, InterruptedException {
        turn.acquire();
        try {
            uuid = UUID.randomUUID().toString();
            sequence = 1;
            prepared = false;
            prepare();
        } finally {
            turn.release();
        }
    }

    private void prepare() throws IOException {
        if (!prepared) {
            int grains = Math.toIntExact((sizeBytes() + GRAIN_BYTES - 1) / GRAIN_BYTES);
            Files.write(map, new byte[grains * Integer.BYTES]);
            writeTracking();
            prepared = true;
        }
    }

    private void writeTracking() throws IOException {
        Path fresh = Path.of(json + ".new");
        Files.writeString(
                fresh,
                "{\"uuid\":\"%s\",\"sequence\":%d,\"grainBytes\":%d,\"file\":\"%s\"}"
                        .formatted(uuid, sequence, GRAIN_BYTES, map.getFileName()));
        Files.move(fresh, json, StandardCopyOption.ATOMIC_MOVE);
    }
}
