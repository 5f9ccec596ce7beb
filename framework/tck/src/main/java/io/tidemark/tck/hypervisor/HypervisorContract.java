package io.tidemark.tck.hypervisor;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.function.Executable;
import org.opentest4j.TestAbortedException;

/** What all suites share: one subject, one open site, and VMs that are booted once per class and removed after it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class HypervisorContract {
    /** The smallest disk that a sample VM may have. */
    protected static final long SMALL_DISK_BYTES = 8L << 20;

    private static final int READ_BYTES = 1 << 20;

    private final OperationId sampleOperation = OperationId.random();
    private final String runName = "tck-" + UUID.randomUUID().toString().substring(0, 8);
    private final List<BootedVm> booted = new ArrayList<>();
    private @Nullable HypervisorSubject subject;
    private @Nullable HypervisorSite site;

    /** Makes the subject of this class; a JUnit assumption may abort when the hypervisor cannot run here. */
    protected abstract HypervisorSubject makeSubject() throws Exception;

    @BeforeAll
    final void openSite() throws Exception {
        subject = makeSubject();
        site = subject.open();
    }

    @AfterAll
    final void removeAllAndClose() throws Exception {
        // Nothing to remove when the subject could not be made or opened.
        try (HypervisorSubject made = subject;
                HypervisorSite opened = site) {
            booted.forEach(BootedVm::close);
            if (opened != null && opened.sampleVms().isPresent()) {
                opened.sampleVms().get().removeAll(sampleOperation, deadline());
            }
        }
    }

    final HypervisorSubject subject() {
        HypervisorSubject made = subject;
        return made != null ? made : fail("the subject was not made");
    }

    final HypervisorSite site() {
        HypervisorSite opened = site;
        return opened != null ? opened : fail("the site is not open");
    }

    /** Closes the site and opens it again, as a restarted host does. */
    final void reopenSite() throws ProviderException {
        site().close();
        site = subject().open();
    }

    final Deadline deadline() {
        return Deadline.after(subject().timeLimit());
    }

    final boolean can(Capability capability) {
        Set<Capability> capabilities = site().capabilities();
        return capabilities.contains(capability);
    }

    final SampleVms sampleVms() {
        return site().sampleVms()
                .orElseThrow(() ->
                        new AssertionError("the suite needs the facet SampleVms to make VMs, and this site has none"));
    }

    /** A name that no other run uses. */
    final String nameOf(String part) {
        return runName + "-" + part;
    }

    /** Boots a sample VM that is removed after the class. */
    final BootedVm boot(String part, long... diskSizesBytes) throws ProviderException {
        List<Long> sizes = Arrays.stream(diskSizesBytes).boxed().toList();
        SampleVm console = sampleVms().create(new SampleVmSpec(nameOf(part), sizes), sampleOperation, deadline());
        BootedVm vm = new BootedVm(console, describe(console.id()), subject().timeLimit());
        booted.add(vm);
        return vm;
    }

    /** Starts the VM when an earlier test left it off, and waits until its program answers. */
    final BootedVm running(BootedVm vm) throws ProviderException {
        if (site().compute().power(vm.id(), deadline()) != PowerState.RUNNING) {
            site().compute().start(vm.id(), deadline());
            vm.reconnected(sampleVms().connect(vm.id(), deadline()));
        }
        return vm;
    }

    final VmDescription describe(VmId vm) throws ProviderException {
        return site().inventory()
                .find(vm, deadline())
                .orElseThrow(() -> new AssertionError("the inventory does not have VM " + vm));
    }

    /** The contents of a volume as {@code openLive} shows them. */
    final byte[] readVolume(VolumeId volume) throws ProviderException, IOException {
        var reader = site().volumeReader()
                .orElseThrow(
                        () -> new AssertionError("the suite needs the facet VolumeReader to know what a volume holds"));
        try (BlockDevice device = reader.openLive(volume, deadline())) {
            return readAll(device);
        }
    }

    static byte[] readAll(BlockDevice device) throws IOException {
        byte[] contents = new byte[Math.toIntExact(device.sizeBytes())];
        for (int at = 0; at < contents.length; at += READ_BYTES) {
            device.read(at, ByteBuffer.wrap(contents, at, Math.min(READ_BYTES, contents.length - at)));
        }
        return contents;
    }

    static void assertSameBytes(byte[] expected, byte[] actual, String what) {
        int at = Arrays.mismatch(expected, actual);
        assertFalse(at >= 0, () -> what + ": first difference at byte " + at + " of " + expected.length);
    }

    /** A way to break things that the subject offers; the test is aborted with the reason when it does not. */
    static <T> T offered(Optional<T> offer, String reason) {
        return offer.orElseThrow(() -> new TestAbortedException(reason));
    }

    /** Waits for something that another thread or process brings about. */
    final void await(String what, BooleanSupplier condition) {
        Deadline limit = deadline();
        while (!condition.getAsBoolean()) {
            if (limit.passed()) {
                fail("waited " + subject().timeLimit() + " in vain until " + what);
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    /** The call is refused with one of the kinds, and says in words what happened, why and what to do. */
    static ProviderException assertRefused(Executable call, FailureKind... kinds) {
        ProviderException refusal = assertThrows(ProviderException.class, call);
        assertTrue(
                Arrays.asList(kinds).contains(refusal.kind()),
                () -> "kind " + refusal.kind() + " instead of one of " + Arrays.toString(kinds) + ": "
                        + refusal.getMessage());
        for (String text : List.of(refusal.happened(), refusal.why(), refusal.remedy())) {
            assertFalse(text.isBlank(), () -> "a text for the operator is blank: " + refusal);
        }
        return refusal;
    }
}
