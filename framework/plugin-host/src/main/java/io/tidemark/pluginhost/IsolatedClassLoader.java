package io.tidemark.pluginhost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pf4j.ClassLoadingStrategy;
import org.pf4j.PluginClassLoader;
import org.pf4j.PluginDescriptor;
import org.pf4j.PluginManager;

/**
 * Loads the classes of one plugin, which sees the JDK, {@link #HOST_PACKAGES}, its own jars, and nothing else of the host.
 *
 * <p>A subclass of PF4J's loader because PF4J casts to that. PF4J's own falls back to the application's class path, where a plugin would
 * find, and come to depend on, whatever the host happens to contain.
 */
final class IsolatedClassLoader extends PluginClassLoader {
    static final List<String> HOST_PACKAGES = List.of("io.tidemark.spi.", "org.pf4j.", "org.slf4j.");
    // The JDK first, so that nobody replaces a class of it; then the plugin. No plugin sees another.
    private static final ClassLoadingStrategy STRATEGY = new ClassLoadingStrategy(
            List.of(ClassLoadingStrategy.Source.APPLICATION, ClassLoadingStrategy.Source.PLUGIN));

    static {
        registerAsParallelCapable();
    }

    IsolatedClassLoader(@Nullable PluginManager manager, PluginDescriptor descriptor, Path folder) {
        super(manager, descriptor, new HostView(IsolatedClassLoader.class.getClassLoader()), STRATEGY);
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder.resolve("lib"), "*.jar")) {
            for (Path jar : jars) {
                addURL(jar.toUri().toURL());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean fromHost(String className) {
        return HOST_PACKAGES.stream().anyMatch(className::startsWith);
    }

    @Override
    public Class<?> loadClass(String className) throws ClassNotFoundException {
        // No way round to the plugin's jars: a second copy of an SPI class would make its extensions invisible without
        // a word.
        return fromHost(className) ? getParent().loadClass(className) : super.loadClass(className);
    }

    /** The part of the host that plugins see: the JDK's platform classes and the allowed packages. */
    private static final class HostView extends ClassLoader {
        private final ClassLoader host;

        static {
            registerAsParallelCapable();
        }

        HostView(ClassLoader host) {
            super(ClassLoader.getPlatformClassLoader());
            this.host = host;
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (fromHost(name)) {
                return host.loadClass(name);
            }
            throw new ClassNotFoundException(name);
        }
    }
}
