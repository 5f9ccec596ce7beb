package io.tidemark.pluginhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.PreStaging;
import io.tidemark.spi.recovery.RecoveryPreflight;
import io.tidemark.spi.recovery.RecoverySite;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.StagedPoint;
import io.tidemark.spi.recovery.StagingRequest;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.HypervisorSiteFactory;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.spi.transport.Transport;
import io.tidemark.spi.transport.TransportFactory;
import io.tidemark.spi.transport.TransportListener;
import io.tidemark.spi.volume.VolumeReader;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Guards override everything, and let no broken promise through. */
final class GuardTest {
    private static final Map<Class<?>, Class<?>> GUARDS = Map.ofEntries(
            Map.entry(HypervisorSiteFactory.class, GuardedHypervisorSiteFactory.class),
            Map.entry(TransportFactory.class, GuardedTransportFactory.class),
            Map.entry(HypervisorSite.class, GuardedHypervisorSite.class),
            Map.entry(Inventory.class, GuardedInventory.class),
            Map.entry(Compute.class, GuardedCompute.class),
            Map.entry(WriteCapture.class, GuardedWriteCapture.class),
            Map.entry(CaptureSession.class, GuardedCaptureSession.class),
            Map.entry(VolumeReader.class, GuardedVolumeReader.class),
            Map.entry(RecoveryTarget.class, GuardedRecoveryTarget.class),
            Map.entry(RecoverySite.class, GuardedRecoverySite.class),
            Map.entry(PreStaging.class, GuardedPreStaging.class),
            Map.entry(RecoveryPreflight.class, GuardedRecoveryPreflight.class),
            Map.entry(SampleVms.class, GuardedSampleVms.class),
            Map.entry(SampleVm.class, GuardedSampleVm.class),
            Map.entry(Transport.class, GuardedTransport.class),
            Map.entry(TransportListener.class, GuardedTransportListener.class));

    private final Guard guard = new Guard(
            new PluginManifest("acme", "1.0.0", "Acme", "MIT", "", "", Optional.empty(), Map.of()),
            GuardTest.class.getClassLoader());
    private final Deadline soon = Deadline.after(Duration.ofSeconds(20));

    @Test
    void every_method_of_an_interface_is_overridden_by_its_guard() {
        TreeSet<String> missing = new TreeSet<>();
        GUARDS.forEach((type, guarded) -> {
            for (Method method : type.getMethods()) {
                if (!Modifier.isStatic(method.getModifiers()) && !overrides(guarded, method)) {
                    missing.add(guarded.getSimpleName() + " does not override " + method);
                }
            }
        });
        assertEquals(new TreeSet<>(), missing, "an unguarded method would bypass every check");
    }

    private static boolean overrides(Class<?> guarded, Method method) {
        for (Class<?> type = guarded; type != null && type != Object.class; type = type.getSuperclass()) {
            for (Method own : type.getDeclaredMethods()) {
                if (own.getName().equals(method.getName())
                        && Arrays.equals(own.getParameterTypes(), method.getParameterTypes())) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void what_a_plugin_throws_arrives_as_it_is_if_it_may_and_as_a_bug_if_not() {
        ProviderException lawful = new ProviderException(FailureKind.UNREACHABLE, "a", "b", "c");
        assertEquals(
                lawful,
                assertThrows(
                        ProviderException.class,
                        () -> guard.call("m", soon, () -> {
                            throw lawful;
                        })));
        for (Throwable unlawful :
                List.of(new IllegalStateException("x"), new NoSuchMethodError("x"), new StackOverflowError())) {
            ProviderException bug = assertThrows(
                    ProviderException.class,
                    () -> guard.call("m", soon, () -> {
                        switch (unlawful) {
                            case RuntimeException e -> throw e;
                            case Error e -> throw e;
                            default -> throw new AssertionError();
                        }
                    }));
            assertEquals(FailureKind.BUG, bug.kind());
            assertEquals(unlawful, bug.getCause());
        }
    }

    @Test
    void an_inventory_that_lies_is_found_out() {
        VmDescription vm = new VmDescription(
                new VmId("a"),
                "a",
                PowerState.OFF,
                new VmHardware(1, 1, Optional.empty()),
                List.of(),
                List.of(),
                List.of());
        Inventory lying = new GuardedInventory(
                new Inventory() {
                    @Override
                    public List<VmDescription> list(Deadline deadline) {
                        return List.of(vm, vm);
                    }

                    @Override
                    public Optional<VmDescription> find(VmId asked, Deadline deadline) {
                        return Optional.of(vm);
                    }
                },
                guard);
        ProviderException twice = assertThrows(ProviderException.class, () -> lying.list(soon));
        assertTrue(twice.toString().contains("twice"));
        ProviderException other = assertThrows(ProviderException.class, () -> lying.find(new VmId("b"), soon));
        assertEquals(FailureKind.BUG, other.kind());
    }

    @Test
    void pre_staging_that_lies_is_found_out() throws Exception {
        VpgId vpg = VpgId.random();
        StagedPoint other = new StagedPoint(VpgId.random(), new VolumeId("a"), new CheckpointId(7), 512, "x");
        List<Double> heard = new ArrayList<>();
        PreStaging lying = new GuardedPreStaging(new LyingPreStaging(other), guard);
        assertEquals(Duration.ofHours(6), lying.cadence(), "a cadence of zero would stage without an end");
        StagingRequest request = new StagingRequest(
                vpg, new VolumeId("a"), new CheckpointId(7), LyingPreStaging.NO_DEVICE, Optional.empty());
        ProviderException staged = assertThrows(ProviderException.class, () -> lying.stage(request, heard::add, soon));
        assertEquals(FailureKind.BUG, staged.kind());
        assertEquals(List.of(0.5), heard, "progress outside of 0 to 1 never reaches the host");
        ProviderException listed = assertThrows(ProviderException.class, () -> lying.staged(vpg, soon));
        assertEquals(FailureKind.BUG, listed.kind());
    }
}
