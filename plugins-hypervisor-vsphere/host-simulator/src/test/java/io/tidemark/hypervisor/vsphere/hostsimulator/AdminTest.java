package io.tidemark.hypervisor.vsphere.hostsimulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.hypervisor.vsphere.hostsimulator.VCenterDriver.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The HTTP side: who may ask, what is understood, and what the vCenter's pushes do. */
final class AdminTest {
    private final Path outside;
    private final Lab lab;

    AdminTest(@TempDir Path folder) throws Exception {
        outside = Files.createDirectory(folder.resolve("outside"));
        lab = new Lab(Files.createDirectory(folder.resolve("datastore")));
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    @Test
    void nothingIsAnsweredWithoutTheToken() throws Exception {
        lab.powerOn();
        for (String header : List.of("", "Bearer", "Bearer ", "Bearer a token for tests", "Basic YTpi", "bearer x")) {
            for (String request :
                    List.of("GET /vms", "PUT /vms", "DELETE /vms/vm-7", "POST /disks/freeze", "GET /", "GET /x")) {
                String[] parts = request.split(" ");
                assertEquals(
                        401, lab.vcenter.raw(parts[0], parts[1], "", header).status(), request + " " + header);
            }
        }
        assertTrue(lab.simulator.host().vm(Lab.VM).orElseThrow().isPowered());
    }

    @Test
    void whatIsNotUnderstoodIsRefusedAndChangesNothing() throws Exception {
        lab.powerOn();
        ObjectNode good = lab.state(true);
        for (String body : List.of(
                "{",
                "[]",
                "{}",
                good.deepCopy().put("power", "sleeping").toString(),
                good.toString().replace("\"key\":2000", "\"key\":\"2000\""),
                good.toString().replace("\"sizeBytes\":8388608", "\"sizeBytes\":-1"),
                good.toString().replace("-flat.vmdk", ".vmdk"),
                good.toString().replace(lab.datastore.toString(), lab.datastore + "/../datastore"),
                good.toString().replace(lab.datastore.toString(), ""),
                good.deepCopy()
                        .set("settings", Json.object().put("guestinfo.tidemark.workload", "lots"))
                        .toString(),
                good.deepCopy()
                        .set(
                                "settings",
                                Json.object()
                                        .put("guestinfo.tidemark.workload", "random")
                                        .put("guestinfo.tidemark.zero-percent", "many"))
                        .toString())) {
            Answer answer = lab.vcenter.raw("PUT", "/vms/" + Lab.VM, body, token());
            assertTrue(answer.status() == 400 || answer.status() == 500, () -> answer.status() + " for " + body);
            assertFalse(answer.body().path("error").asText().isEmpty());
        }
        lab.vcenter.console(Lab.VM, "append", 0, 1).ok();
        assertEquals(400, lab.vcenter.console(Lab.VM, "fly", 0, 1).status());
        assertEquals(409, lab.vcenter.console(Lab.VM, "append", 7, 1).status());
        assertEquals(404, lab.vcenter.console("vm-404", "append", 0, 1).status());
        assertEquals(404, lab.vcenter.request("PATCH", "/vms/" + Lab.VM, null).status());
        assertEquals(
                404, lab.vcenter.request("GET", "/vms/" + Lab.VM + "/x/y", null).status());
    }

    @Test
    void disksOutsideTheDatastoresAreRefusedEvenBehindALink() throws Exception {
        Path target = Files.createFile(outside.resolve("secret-flat.vmdk"));
        Path link = Files.createSymbolicLink(lab.datastore.resolve("link-flat.vmdk"), target);
        for (Path path : List.of(target, link)) {
            ObjectNode vm = VCenterDriver.vm("thief", false, List.of(new VCenterDriver.Disk(1, path, 4096)), Map.of());
            assertEquals(400, lab.vcenter.request("PUT", "/vms/vm-9", vm).status());
        }
        assertEquals(0, Files.size(target));
    }

    @Test
    void listReplacesAllAndADiskMayMoveToAnotherVm() throws Exception {
        Path one = Files.createFile(lab.datastore.resolve("one-flat.vmdk"));
        Path two = Files.createFile(lab.datastore.resolve("two-flat.vmdk"));
        push(List.of("vm-1", "vm-2"), List.of(one, two), true);
        lab.vcenter.console("vm-1", "append", 0, 1).ok();
        lab.vcenter.console("vm-2", "append", 0, 1).ok();
        lab.vcenter.console("vm-2", "append", 0, 2).ok();
        push(List.of("vm-1", "vm-2"), List.of(two, one), true); // exchanged
        JsonNode first = lab.vcenter.console("vm-1", "report", 0, 0).ok();
        assertEquals(2, first.path("entries").asInt());
        push(List.of("vm-2"), List.of(one), true);
        assertEquals(404, lab.vcenter.console("vm-1", "report", 0, 0).status());
        assertEquals(1, lab.vcenter.request("GET", "/vms", null).ok().size());
        push(List.of("vm-2"), List.of(one), false);
        assertEquals(409, lab.vcenter.console("vm-2", "report", 0, 0).status());
        push(List.of(), List.of(), true);
        assertEquals(0, lab.vcenter.request("GET", "/vms", null).ok().size());
        assertTrue(Files.exists(one), "removing a VM removes no file");
    }

    @Test
    void samePushTwiceChangesNothing() throws Exception {
        lab.with("workload", "random").with("writes-per-second", "max").powerOn();
        lab.awaitMoreWrites(50);
        int boots = lab.simulator.host().disk(Lab.DISK).orElseThrow().powerOns();
        lab.powerOn();
        lab.powerOn();
        assertEquals(1, boots);
        assertEquals(1, lab.simulator.host().disk(Lab.DISK).orElseThrow().powerOns());
        lab.awaitMoreWrites(50);
    }

    /** The guest is stopped between two writes, and none follows. */
    @Test
    void poweredOffGuestWritesNothing() throws Exception {
        lab.with("workload", "random").with("writes-per-second", "max").with("threads-per-disk", 4);
        for (int round = 0; round < 5; round++) {
            lab.powerOn();
            lab.awaitMoreWrites(20);
            lab.powerOff();
            byte[] stopped = lab.contents(0);
            Thread.sleep(20); // hundreds of writes, were there any
            org.junit.jupiter.api.Assertions.assertArrayEquals(stopped, lab.contents(0));
        }
    }

    @Test
    void vmThatCannotStartIsOffAndStartsWhenItCan() throws Exception {
        lab.disks(List.of(Lab.DISK_BYTES, Lab.DISK_BYTES)).powerOff();
        ObjectNode on = lab.state(true);
        Files.delete(lab.flat(1));
        assertEquals(500, lab.vcenter.request("PUT", "/vms/" + Lab.VM, on).status());
        Files.createFile(lab.flat(1));
        ObjectNode crowded = on.deepCopy();
        crowded.set(
                "settings",
                Json.object()
                        .put("guestinfo.tidemark.workload", "random")
                        .put("guestinfo.tidemark.threads-per-disk", "64"));
        assertEquals(400, lab.vcenter.request("PUT", "/vms/" + Lab.VM, crowded).status());
        assertEquals(
                "off",
                lab.vcenter
                        .request("GET", "/vms", null)
                        .ok()
                        .path(0)
                        .path("power")
                        .asText());
        assertTrue(lab.client().disks(Lab.soon()).stream().noneMatch(disk -> disk.powered()));
        lab.powerOn();
        lab.vcenter.console(Lab.VM, "append", 1, 1).ok();
        // One more is plugged in, and one is pulled out, while the VM runs.
        lab.disks(List.of(Lab.DISK_BYTES, Lab.DISK_BYTES, Lab.DISK_BYTES)).powerOn();
        lab.vcenter.console(Lab.VM, "append", 2, 1).ok();
        lab.disks(List.of(Lab.DISK_BYTES)).powerOn();
        assertEquals(409, lab.vcenter.console(Lab.VM, "append", 1, 2).status());
        lab.vcenter.console(Lab.VM, "append", 0, 1).ok();
    }

    @Test
    void guestWithoutProgramHasNoConsole() throws Exception {
        lab.with("workload", "none").powerOn();
        Answer answer = lab.vcenter.console(Lab.VM, "report", 0, 0);
        assertEquals(409, answer.status());
        assertEquals("rejected", answer.body().path("kind").asText());
    }

    @Test
    void consoleKeepsItsLedgerAcrossPowerCycles() throws Exception {
        lab.disks(List.of(Lab.DISK_BYTES, Lab.DISK_BYTES)).powerOn();
        for (int disk = 0; disk < 2; disk++) {
            lab.vcenter.console(Lab.VM, "append", disk, 1).ok();
            lab.vcenter.console(Lab.VM, "append", disk, 2).ok();
        }
        lab.vcenter.console(Lab.VM, "sync", 0, 0).ok();
        lab.powerOff();
        lab.powerOn();
        lab.vcenter.console(Lab.VM, "append", 1, 3).ok();
        JsonNode report = lab.vcenter.console(Lab.VM, "report", 1, 0).ok();
        assertEquals(3, report.path("entries").asInt());
        lab.vcenter.console(Lab.VM, "scramble", 1, 0).ok();
        assertEquals(
                0,
                lab.vcenter.console(Lab.VM, "report", 1, 0).ok().path("entries").asInt());
        assertTrue(
                lab.vcenter.console(Lab.VM, "report", 0, 0).ok().path("intact").asBoolean());
    }

    private void push(List<String> morefs, List<Path> flats, boolean powered) throws Exception {
        ArrayNode all = Json.array();
        for (int i = 0; i < morefs.size(); i++) {
            ObjectNode vm = VCenterDriver.vm(
                    morefs.get(i),
                    powered,
                    List.of(new VCenterDriver.Disk(2000, flats.get(i), Lab.DISK_BYTES)),
                    Map.of());
            all.add(vm.put("moref", morefs.get(i)));
        }
        lab.vcenter.request("PUT", "/vms", all).ok();
    }

    private static String token() {
        return "Bearer a token for tests, of 32 bytes or more";
    }
}
