package io.tidemark.hypervisor.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What goes wrong while recovered VMs live on a checkpoint. The checkpoint is that of one sample VM. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RecoveryFaultsTest {
    private static final long DISK_BYTES = 8L << 20;
    private static final int ENTRIES = 6;

    private final OperationId sampleOperation = OperationId.random();
    private final String name = "tidemark-test-" + sampleOperation.toString().substring(0, 8);
    private byte[] checkpoint = {};
    private @Nullable KvmSubject subject;
    private @Nullable HypervisorSite site;
    private @Nullable VmDescription origin;

    @BeforeAll
    void takeACheckpoint() throws Exception {
        subject = KvmSubject.make();
        site = subject.open();
        SampleVms samples = site.sampleVms().orElseThrow();
        VmId vm;
        try (SampleVm guest =
                samples.create(new SampleVmSpec(name, List.of(DISK_BYTES)), sampleOperation, deadline())) {
            vm = guest.id();
            for (int i = 1; i <= ENTRIES; i++) {
                guest.append(0, i, deadline());
            }
            guest.sync(deadline());
        }
        origin = site.inventory().find(vm, deadline()).orElseThrow();
        try (BlockDevice device = site.volumeReader().orElseThrow().openLive(new VolumeId(vm + "/vda"), deadline())) {
            ByteBuffer all = ByteBuffer.allocate((int) DISK_BYTES);
            device.read(0, all);
            checkpoint = all.array();
        }
        site.compute().powerOff(vm, deadline());
    }

    @AfterAll
    void removeAll() throws Exception {
        try (KvmSubject made = subject;
                HypervisorSite opened = site) {
            assertTrue(opened == null || made != null);
        }
    }

    @Test
    void guestWaitsForTheServerOfItsViewAndGoesOn() throws Exception {
        OperationId operation = OperationId.random();
        View view = new View(checkpoint, 0);
        BlockExport first = subject().network().export("view", view);
        Path socket = first.address().socket();
        try {
            VmId vm = target().create(spec("waits", first), operation, deadline());
            target().start(vm, deadline());
            try (SampleVm guest = site().sampleVms().orElseThrow().connect(vm, deadline())) {
                first.close();
                // The same socket, as a restarted host makes it; create is what a host repeats then, and gives it to
                // QEMU.
                try (BlockExport second = subject().network().exportAt(socket, view)) {
                    assertEquals(vm, target().create(spec("waits", second), operation, deadline()));
                    assertEquals(new LedgerReport(ENTRIES, true), guest.report(0, deadline()));
                    guest.append(0, ENTRIES + 1, deadline());
                    assertEquals(new LedgerReport(ENTRIES + 1, true), guest.report(0, deadline()));
                }
            }
        } finally {
            target().discard(operation, deadline());
            first.close();
        }
        assertNothingIsLeft(operation);
    }

    @Test
    void promotionThatRunsOutOfTimeGoesOnAtTheNextCall() throws Exception {
        OperationId operation = OperationId.random();
        try (BlockExport view = subject().network().export("view", new View(checkpoint, 200))) {
            VmId vm = target().create(spec("slow", view), operation, deadline());
            target().start(vm, deadline());
            ProviderException late = promoteFor(vm, operation, Duration.ofMillis(300));
            assertEquals(FailureKind.RETRY_LATER, late.kind(), late.getMessage());
            reopen();
            target().promote(vm, operation, progress -> {}, deadline());
            target().discard(operation, deadline());
            assertEquals(PowerState.RUNNING, site().compute().power(vm, deadline()));
            try (SampleVm guest = site().sampleVms().orElseThrow().connect(vm, deadline())) {
                assertEquals(new LedgerReport(ENTRIES, true), guest.report(0, deadline()));
            }
            subject().removePromoted(vm);
        } finally {
            target().discard(operation, deadline());
        }
    }

    @Test
    void discardWhileAPromotionRunsLeavesNothing() throws Exception {
        OperationId operation = OperationId.random();
        try (BlockExport view = subject().network().export("view", new View(checkpoint, 200))) {
            VmId vm = target().create(spec("dropped", view), operation, deadline());
            target().start(vm, deadline());
            promoteFor(vm, operation, Duration.ofMillis(300));
            target().discard(operation, deadline());
            assertEquals(List.of(), target().list(operation, deadline()));
            assertTrue(site().inventory().find(vm, deadline()).isEmpty());
            assertEquals(List.of(), filesOf(vm.value()));
        } finally {
            target().discard(operation, deadline());
        }
        assertNothingIsLeft(operation);
    }

    /** Promotes with too little time; returns the refusal. */
    private ProviderException promoteFor(VmId vm, OperationId operation, Duration time) {
        try {
            target().promote(vm, operation, progress -> {}, Deadline.after(time));
        } catch (ProviderException late) {
            return late;
        }
        return fail("a promotion of a slow view ended within " + time);
    }

    private void assertNothingIsLeft(OperationId operation) throws Exception {
        assertEquals(List.of(), target().list(operation, deadline()));
        assertEquals(List.of(), filesOf(operation.toString()));
    }

    private List<Path> filesOf(String part) throws IOException {
        try (Stream<Path> all = Files.walk(subject().folder())) {
            return all.filter(each -> each.toString().contains(part)).toList();
        }
    }

    private RecoveryVmSpec spec(String part, BlockExport view) {
        VmDescription described = origin;
        if (described == null) {
            return fail("no origin");
        }
        return new RecoveryVmSpec(
                name + "-" + part,
                Purpose.LIVE,
                described.hardware(),
                List.of(new RecoveryDisk("vda", DISK_BYTES, view.address())),
                described.nics());
    }

    private void reopen() throws Exception {
        site().close();
        site = subject().open();
    }

    private RecoveryTarget target() {
        return site().recoveryTarget().orElseThrow();
    }

    private KvmSubject subject() {
        KvmSubject made = subject;
        return made != null ? made : fail("no subject");
    }

    private HypervisorSite site() {
        HypervisorSite opened = site;
        return opened != null ? opened : fail("no site");
    }

    private static Deadline deadline() {
        return Deadline.after(Duration.ofSeconds(90));
    }

    /** A checkpoint in memory, each read of which may take its time. */
    private static final class View implements BlockDevice {
        private final byte[] contents;
        private final long readMillis;

        View(byte[] contents, long readMillis) {
            this.contents = contents;
            this.readMillis = readMillis;
        }

        @Override
        public long sizeBytes() {
            return contents.length;
        }

        @Override
        public boolean readOnly() {
            return true;
        }

        @Override
        public void read(long offset, ByteBuffer into) {
            if (into.remaining() > PendingZeroes.CHUNK_BYTES) {
                // Only the copy reads this much at once: the guest itself stays quick.
                Waiting.pause(Duration.ofMillis(readMillis));
            }
            into.put(contents, (int) offset, into.remaining());
        }

        @Override
        public void write(long offset, ByteBuffer data) throws IOException {
            throw new IOException("a view takes no writes");
        }

        @Override
        public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
            throw new IOException("a view takes no writes");
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
