package io.tidemark.hypervisor.kvm;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Writes an archive that a Linux kernel unpacks as its initial file system: "newc" of the kernel's buffer-format.rst. */
final class CpioArchive implements AutoCloseable {
    private static final int FOLDER = 0040755;
    private static final int FILE = 0100755;
    private static final int LINK = 0120777;
    private static final int CHARACTER_DEVICE = 0020600;
    private static final int HEADER_BYTES = 110;

    private final OutputStream out;
    private int inode = 1;

    CpioArchive(OutputStream out) {
        this.out = out;
    }

    void folder(String name) throws IOException {
        entry(name, FOLDER, 0, 0, new byte[0]);
    }

    void file(String name, byte[] contents) throws IOException {
        entry(name, FILE, 0, 0, contents);
    }

    void link(String name, String target) throws IOException {
        entry(name, LINK, 0, 0, target.getBytes(StandardCharsets.UTF_8));
    }

    /** The device that the kernel opens for its first program. */
    void console(String name) throws IOException {
        entry(name, CHARACTER_DEVICE, 5, 1, new byte[0]);
    }

    @Override
    public void close() throws IOException {
        entry("TRAILER!!!", 0, 0, 0, new byte[0]);
        out.close();
    }

    private void entry(String name, int mode, int major, int minor, byte[] contents) throws IOException {
        byte[] nameBytes = (name + "\0").getBytes(StandardCharsets.UTF_8);
        String header = String.format(
                Locale.ROOT,
                "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
                inode++,
                mode,
                0, // uid
                0, // gid
                1, // links
                0, // time: the same sources give the same bytes
                contents.length,
                0,
                0,
                major,
                minor,
                nameBytes.length,
                0);
        out.write(header.getBytes(StandardCharsets.US_ASCII));
        out.write(nameBytes);
        pad(HEADER_BYTES + nameBytes.length);
        out.write(contents);
        pad(contents.length);
    }

    private void pad(int written) throws IOException {
        out.write(new byte[(4 - written % 4) % 4]);
    }
}
