package io.tidemark.hypervisor.vsphere;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** An object that does one thing otherwise than the real one. */
final class Instead {
    private Instead() {}

    /** What is done in place of the method; the real one can be called. */
    @FunctionalInterface
    interface Of {
        @Nullable Object answer(List<Object> arguments, Callable<Object> real) throws Exception;
    }

    static <T> T of(Class<T> type, T real, String method, Of other) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, called, given) -> {
                    Object[] arguments = given == null ? new Object[0] : given;
                    Callable<Object> call = () -> {
                        try {
                            return called.invoke(real, arguments);
                        } catch (InvocationTargetException thrown) {
                            if (thrown.getCause() instanceof Error error) {
                                throw error;
                            }
                            throw (Exception) thrown.getCause();
                        }
                    };
                    return called.getName().equals(method) ? other.answer(List.of(arguments), call) : call.call();
                }));
    }
}
