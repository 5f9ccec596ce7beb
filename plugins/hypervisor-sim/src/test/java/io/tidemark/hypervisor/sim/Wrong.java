package io.tidemark.hypervisor.sim;

import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.volume.VolumeReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Makes a right object wrong in one method; every other method stays as it is. */
final class Wrong {
    private Wrong() {}

    /** What a method does instead. */
    @FunctionalInterface
    interface Behaviour {
        /** @param right does what is right, with the same arguments; its result may be null */
        @Nullable Object instead(Object[] arguments, Callable<@Nullable Object> right) throws Throwable;
    }

    static <T> T in(Class<T> type, T object, String method, Behaviour behaviour) {
        Object proxy = Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, called, given) -> {
            Object[] arguments = given == null ? new Object[0] : given;
            Callable<@Nullable Object> right = () -> {
                try {
                    return called.invoke(object, arguments);
                } catch (InvocationTargetException thrown) {
                    throw thrown.getCause() instanceof Exception exception ? exception : thrown;
                }
            };
            return called.getName().equals(method) ? behaviour.instead(arguments, right) : right.call();
        });
        return type.cast(proxy);
    }

    static UnaryOperator<HypervisorSite> site(String method, Behaviour behaviour) {
        return site -> in(HypervisorSite.class, site, method, behaviour);
    }

    static UnaryOperator<HypervisorSite> inventory(String method, Behaviour behaviour) {
        return site("inventory", (none, right) -> in(Inventory.class, (Inventory) given(right), method, behaviour));
    }

    static UnaryOperator<HypervisorSite> compute(String method, Behaviour behaviour) {
        return site("compute", (none, right) -> in(Compute.class, (Compute) given(right), method, behaviour));
    }

    static UnaryOperator<HypervisorSite> reader(Behaviour behaviour) {
        return facet("volumeReader", VolumeReader.class, "openLive", behaviour);
    }

    static UnaryOperator<HypervisorSite> recovery(String method, Behaviour behaviour) {
        return facet("recoveryTarget", RecoveryTarget.class, method, behaviour);
    }

    static UnaryOperator<HypervisorSite> samples(String method, Behaviour behaviour) {
        return facet("sampleVms", SampleVms.class, method, behaviour);
    }

    static UnaryOperator<HypervisorSite> capture(Behaviour behaviour) {
        return facet("writeCapture", WriteCapture.class, "attach", behaviour);
    }

    static UnaryOperator<HypervisorSite> session(String method, Behaviour behaviour) {
        return capture(
                (arguments, right) -> in(CaptureSession.class, (CaptureSession) given(right), method, behaviour));
    }

    /** Captures into a sink that the mutation made of the host's. */
    static UnaryOperator<HypervisorSite> sink(UnaryOperator<CaptureSink> mutation) {
        return capture((arguments, right) -> {
            arguments[2] = mutation.apply((CaptureSink) arguments[2]);
            return right.call();
        });
    }

    /** The result of a method that never gives null. */
    static Object given(Callable<@Nullable Object> right) throws Exception {
        Object result = right.call();
        if (result == null) {
            throw new IllegalStateException("null from a method that never gives it");
        }
        return result;
    }

    private static <T> UnaryOperator<HypervisorSite> facet(
            String facet, Class<T> type, String method, Behaviour behaviour) {
        return site(facet, (none, right) -> ((Optional<?>) given(right))
                .map(real -> in(type, type.cast(real), method, behaviour)));
    }
}
