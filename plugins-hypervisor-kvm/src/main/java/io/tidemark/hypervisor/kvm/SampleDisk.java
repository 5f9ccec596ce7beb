package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Makes the disks of sample VMs: an ext4 file system with a ledger, laid out in full, and a few documents. */
final class SampleDisk {
    static final long SMALLEST_BYTES = 8L << 20;
    static final long GRAIN_BYTES = 1L << 20;

    private static final long LARGEST_LEDGER_BYTES = 16L << 20;
    private static final int ENTRY_BYTES = 512;
    private static final int DOCUMENTS = 8;

    private SampleDisk() {}

    static void make(Path image, long sizeBytes, Deadline deadline) throws ProviderException {
        Path contents = null;
        try {
            contents = Files.createTempDirectory(image.getParent(), "contents");
            writeLedger(contents.resolve("ledger"), ledgerBytes(sizeBytes));
            Path documents = Files.createDirectory(contents.resolve("documents"));
            for (int i = 1; i <= DOCUMENTS; i++) {
                Files.writeString(
                        documents.resolve("letter-" + i + ".txt"),
                        ("Dear reader, this is letter " + i + " of a VM that is worth bringing back.\n").repeat(100));
            }
            // All of the file system is written now, so that the guest's kernel does not go on initialising it in the
            // background.
            Programs.run(
                    "Making the disk " + image,
                    List.of(
                            Programs.find("mke2fs", "e2fsprogs").toString(),
                            "-q",
                            "-F",
                            "-t",
                            "ext4",
                            "-E",
                            "lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0",
                            "-d",
                            contents.toString(),
                            image.toString(),
                            (sizeBytes >> 10) + "k"),
                    deadline);
        } catch (IOException e) {
            throw Programs.failed("Making the disk " + image, e.toString());
        } finally {
            if (contents != null) {
                Folders.removeQuietly(contents);
            }
        }
    }

    /** A quarter of the disk: some thousand entries even on the smallest. */
    private static long ledgerBytes(long diskBytes) {
        return Math.min(diskBytes / 4, LARGEST_LEDGER_BYTES);
    }

    private static void writeLedger(Path ledger, long lengthBytes) throws IOException {
        // Dots and not zeroes: mke2fs leaves zeroes unallocated, and the guest must not allocate while it appends.
        byte[] entry = new byte[ENTRY_BYTES];
        Arrays.fill(entry, (byte) '.');
        entry[ENTRY_BYTES - 1] = '\n';
        byte[] block = new String(entry, StandardCharsets.US_ASCII)
                .repeat((int) (GRAIN_BYTES / ENTRY_BYTES))
                .getBytes(StandardCharsets.US_ASCII);
        try (OutputStream out = Files.newOutputStream(ledger)) {
            for (long left = lengthBytes; left > 0; left -= block.length) {
                out.write(block, 0, (int) Math.min(left, block.length));
            }
        }
    }
}
