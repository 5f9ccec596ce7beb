package io.tidemark.pluginhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.tracking.ChangeToken;
import io.tidemark.spi.tracking.ChangeTracking;
import io.tidemark.spi.tracking.FreezePoint;
import io.tidemark.spi.tracking.VolumeChanges;
import io.tidemark.spi.tracking.VolumeChanges.Basis;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a plugin that breaks its promises about freezes can do to the host: nothing. */
final class GuardedTrackingTest {
    private static final VolumeId VOLUME = new VolumeId("vm/disk");

    private final Guard guard = new Guard(
            new PluginManifest("acme", "1.0.0", "Acme", "MIT", "", "", Optional.empty(), Map.of()),
            GuardedTrackingTest.class.getClassLoader());
    private final Broken broken = new Broken();
    private final ChangeTracking tracking = new GuardedChangeTracking(broken, guard);

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(20));
    }

    private FreezePoint freeze() throws ProviderException {
        return tracking.freeze(new VmId("vm"), List.of(VOLUME), soon());
    }

    @Test
    void everyMethodIsGuarded() throws Exception {
        for (Class<?>[] pair : new Class<?>[][] {
            {ChangeTracking.class, GuardedChangeTracking.class}, {FreezePoint.class, GuardedFreezePoint.class}
        }) {
            for (Method method : pair[0].getMethods()) {
                if (!Modifier.isStatic(method.getModifiers())) {
                    // Throws where there is none.
                    var _ = pair[1].getDeclaredMethod(method.getName(), method.getParameterTypes());
                }
            }
        }
    }

    @Test
    void anIntervalThatIsNoneBecomesALongOne() {
        broken.interval = Duration.ZERO;
        assertEquals(Duration.ofHours(1), tracking.shortestInterval());
        broken.interval = Duration.ofSeconds(-5);
        assertEquals(Duration.ofHours(1), tracking.shortestInterval());
        broken.interval = Duration.ofSeconds(7);
        assertEquals(Duration.ofSeconds(7), tracking.shortestInterval());
    }

    @Test
    void extentsOutOfOrderAreADefectAndReachNobody() throws Exception {
        FreezePoint point = freeze();
        broken.extents = List.of(extent(0, 4096), extent(8192, 4096));
        assertEquals(
                broken.extents, point.changes(VOLUME, Optional.empty(), soon()).extents());
        for (List<BlockExtent> bad :
                List.of(List.of(extent(8192, 4096), extent(0, 4096)), List.of(extent(0, 4096), extent(4095, 4096)))) {
            broken.extents = bad;
            ProviderException refused =
                    assertThrows(ProviderException.class, () -> point.changes(VOLUME, Optional.empty(), soon()));
            assertEquals(FailureKind.BUG, refused.kind());
        }
    }

    @Test
    void whatThrowsWhereItMustNotIsAnsweredWithWhatClaimsTheLeast() throws Exception {
        FreezePoint point = freeze();
        broken.fails = true;
        assertEquals(Instant.EPOCH, point.takenAt());
        assertEquals(new ChangeToken("none"), point.token(VOLUME));
        assertEquals(
                FailureKind.BUG,
                assertThrows(ProviderException.class, () -> point.open(VOLUME, soon())
                                .close())
                        .kind());
        assertEquals(
                FailureKind.BUG,
                assertThrows(ProviderException.class, () -> point.release(soon()))
                        .kind());
        point.close();
        assertTrue(broken.closed);
    }

    private static BlockExtent extent(long offset, long lengthBytes) {
        return new BlockExtent(offset, lengthBytes, BlockExtent.Content.DATA);
    }

    /** A plugin's freezes, as bad as a test wants them. */
    private static final class Broken implements ChangeTracking, FreezePoint {
        private Duration interval = Duration.ofMinutes(1);
        private List<BlockExtent> extents = List.of();
        private boolean fails;
        private boolean closed;

        private void mayFail() {
            if (fails) {
                throw new IllegalStateException("broken");
            }
        }

        @Override
        public FreezePoint freeze(VmId vm, List<VolumeId> volumes, Deadline deadline) {
            return this;
        }

        @Override
        public void forget(VmId vm, Deadline deadline) {}

        @Override
        public Duration shortestInterval() {
            return interval;
        }

        @Override
        public Instant takenAt() {
            mayFail();
            return Instant.now();
        }

        @Override
        public ChangeToken token(VolumeId volume) {
            mayFail();
            return new ChangeToken("1");
        }

        @Override
        public VolumeChanges changes(VolumeId volume, Optional<ChangeToken> since, Deadline deadline) {
            return new VolumeChanges(Basis.BLANK_VOLUME, "", extents);
        }

        @Override
        public BlockDevice open(VolumeId volume, Deadline deadline) {
            throw new IllegalStateException("broken");
        }

        @Override
        public void release(Deadline deadline) {
            mayFail();
        }

        @Override
        public void close() {
            closed = true;
            mayFail();
        }
    }
}
