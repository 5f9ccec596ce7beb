package io.tidemark.hypervisor.vsphere.datastore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class VmdkTest {
    @Test
    void aDescriptorOfOursIsReadBack() {
        Vmdk disk = new Vmdk(8L << 20, "a b-flat.vmdk");
        String text = disk.descriptor("lsilogic", UUID.fromString("6000c299-1234-5678-9abc-def012345678"));
        assertEquals(Optional.of(disk), Vmdk.parse(text));
        assertTrue(text.contains("ddb.uuid = \"60 00 c2 99 12 34 56 78-9a bc de f0 12 34 56 78\""), text);
        assertTrue(text.contains("RW 16384 VMFS \"a b-flat.vmdk\""), text);
    }

    @Test
    void whatIsNoSingleFlatFileIsNotRead() {
        assertEquals(Optional.empty(), Vmdk.parse("RW 16384 VMFSSPARSE \"a-000001-delta.vmdk\""));
        assertEquals(Optional.empty(), Vmdk.parse("RW 16384 SESPARSE \"a-000001-sesparse.vmdk\""));
        assertEquals(Optional.empty(), Vmdk.parse("RW 100 VMFS \"a-f001.vmdk\"\nRW 100 VMFS \"a-f002.vmdk\""));
        assertEquals(Optional.empty(), Vmdk.parse("no descriptor"));
        assertEquals(
                Optional.of(new Vmdk(512, "x.vmdk")), Vmdk.parse("# c\nRDONLY 1 FLAT \"x.vmdk\" 0\nddb.x = \"1\"\n"));
    }

    @Test
    void datastorePathsAreReadAndWritten() {
        DatastorePath path = DatastorePath.parse("[my store] folder/disk.vmdk").orElseThrow();
        assertEquals(new DatastorePath("my store", "folder/disk.vmdk"), path);
        assertEquals(
                "[my store] folder/other.vmdk",
                path.parent().child("other.vmdk").toString());
        assertEquals("/folder/folder/disk.vmdk?dcPath=a%2FDC&dsName=my%20store", path.url("a/DC"));
        assertEquals("/folder/a%3F%23%20b?dcPath=DC&dsName=s", new DatastorePath("s", "a?# b").url("DC"));
        assertEquals(Optional.empty(), DatastorePath.parse("folder/disk.vmdk"));
    }
}
