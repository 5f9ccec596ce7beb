package io.tidemark.hypervisor.vsphere.datastore;

import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A disk as two files: a text that describes it, and a flat file with its bytes.
 *
 * @param sizeBytes a multiple of 512
 * @param flatName name of the flat file, beside the descriptor
 */
public record Vmdk(long sizeBytes, String flatName) {
    private static final int SECTOR_BYTES = 512;
    private static final Pattern EXTENT =
            Pattern.compile("^(?:RW|RDONLY)\\s+(\\d+)\\s+(VMFS|FLAT)\\s+\"([^\"]+)\".*$", Pattern.MULTILINE);
    private static final Pattern ANY_EXTENT = Pattern.compile("^(?:RW|RDONLY|NOACCESS)\\s+\\d+\\s+", Pattern.MULTILINE);

    /** Parses a descriptor; empty when the disk is no single flat file (a delta of a snapshot, a sparse or split disk). */
    public static Optional<Vmdk> parse(String descriptor) {
        Matcher extent = EXTENT.matcher(descriptor);
        if (ANY_EXTENT.matcher(descriptor).results().count() != 1 || !extent.find()) {
            return Optional.empty();
        }
        return Optional.of(new Vmdk(Long.parseLong(extent.group(1)) * SECTOR_BYTES, extent.group(3)));
    }

    /** @param adapter {@code lsilogic} for any SCSI controller, {@code ide} for IDE */
    public String descriptor(String adapter, UUID identity) {
        long sectors = sizeBytes / SECTOR_BYTES;
        String hex = identity.toString().replace("-", "").toLowerCase(Locale.ROOT);
        StringBuilder uuid = new StringBuilder();
        for (int i = 0; i < hex.length(); i += 2) {
            uuid.append(i == 0 ? "" : i == 16 ? "-" : " ").append(hex, i, i + 2);
        }
        return """
                # Disk DescriptorFile
                version=1
                encoding="UTF-8"
                CID=%s
                parentCID=ffffffff
                createType="vmfs"

                # Extent description
                RW %d VMFS "%s"

                # The Disk Data Base
                #DDB

                ddb.adapterType = "%s"
                ddb.geometry.cylinders = "%d"
                ddb.geometry.heads = "255"
                ddb.geometry.sectors = "63"
                ddb.uuid = "%s"
                ddb.virtualHWVersion = "13"
                """.formatted(hex.substring(0, 8), sectors, flatName, adapter, Math.max(1, sectors / (255 * 63)), uuid);
    }
}
