package io.tidemark.pluginhost;

import io.tidemark.spi.plugin.ProviderFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.pf4j.ExtensionPoint;
import org.slf4j.Logger;

/** Builds plugin zips from source in memory, well-formed unless told otherwise. */
final class PluginFixture {
    static final String FACTORY_SOURCE = """
            package acme;
            import io.tidemark.spi.plugin.*;
            import io.tidemark.spi.transport.*;
            import java.util.*;
            public class AcmeFactory implements TransportFactory {
                public ProviderKind kind() { return new ProviderKind("acme"); }
                public ConfigSpec configSpec() { return new ConfigSpec(List.of(
                    new ConfigSpec.Key("color", "A color.", Optional.of("blue"), ConfigSpec.Secrecy.PLAIN))); }
                public Transport open(ProviderConfig config, ProviderContext host, Deadline deadline) { return new AcmeTransport(config.require("color")); }
            }
            """;
    static final String TRANSPORT_SOURCE = """
            package acme;
            import io.tidemark.spi.plugin.*;
            import io.tidemark.spi.transport.*;
            import java.util.*;
            public class AcmeTransport implements Transport {
                private final String color;
                AcmeTransport(String color) { this.color = color; }
                private static String sees(String name) {
                    try { Class.forName(name); return "seen"; } catch (ClassNotFoundException e) { return "hidden"; }
                }
                public String description() {
                    ClassLoader context = Thread.currentThread().getContextClassLoader();
                    return color + " host=" + sees("io.tidemark.pluginhost.PluginHost") + " junit=" + sees("org.junit.jupiter.api.Test")
                        + " spi=" + sees("io.tidemark.spi.site.Inventory") + " slf4j=" + sees("org.slf4j.Logger")
                        + " jdk=" + sees("java.sql.Connection") + " context=" + (context == AcmeTransport.class.getClassLoader());
                }
                public Set<Capability> capabilities() { return null; }
                public void checkHealth(Deadline deadline) { throw new IllegalStateException("broken inside"); }
                public void close() { throw new NoClassDefFoundError("gone"); }
                public TransportListener listen(Endpoint at, SiteIdentity self, InboundHandler handler, Deadline deadline) { return null; }
                public TransportChannel connect(Endpoint peer, SiteIdentity self, PeerFingerprint expected, StreamSpec stream,
                    ChannelHandler handler, Deadline deadline) { return null; }
            }
            """;

    private final Map<String, String> manifest = new LinkedHashMap<>(Map.of(
            "plugin.id", "acme",
            "plugin.version", "1.2.3",
            "plugin.provider", "Acme Ltd",
            "plugin.license", "Apache-2.0",
            "plugin.requires", ">=0.1.0 & <0.2.0",
            "plugin.description", "A transport for tests"));
    private final List<String> extensions = new ArrayList<>(List.of("acme.AcmeFactory"));
    private final Map<String, String> sources =
            new LinkedHashMap<>(Map.of("acme.AcmeFactory", FACTORY_SOURCE, "acme.AcmeTransport", TRANSPORT_SOURCE));
    private final Map<String, byte[]> jarEntries = new TreeMap<>();
    private final Map<String, byte[]> zipEntries = new TreeMap<>();
    private final Set<String> droppedClasses = new HashSet<>();
    private boolean withManifest = true;

    PluginFixture property(String key, String value) {
        manifest.put(key, value);
        return this;
    }

    PluginFixture withoutProperty(String key) {
        manifest.remove(key);
        return this;
    }

    PluginFixture withoutManifest() {
        withManifest = false;
        return this;
    }

    PluginFixture extensions(String... names) {
        extensions.clear();
        extensions.addAll(List.of(names));
        return this;
    }

    PluginFixture source(String className, String source) {
        sources.put(className, source);
        return this;
    }

    PluginFixture jarEntry(String name, byte[] content) {
        jarEntries.put(name, content);
        return this;
    }

    PluginFixture dropClass(String entryName) {
        droppedClasses.add(entryName);
        return this;
    }

    PluginFixture zipEntry(String name, byte[] content) {
        zipEntries.put(name, content);
        return this;
    }

    Path writeTo(Path zip) {
        try (OutputStream file = Files.newOutputStream(zip);
                ZipOutputStream out = new ZipOutputStream(file)) {
            if (withManifest) {
                StringBuilder text = new StringBuilder();
                manifest.forEach((key, value) ->
                        text.append(key).append('=').append(value).append('\n'));
                entry(out, "plugin.properties", text.toString().getBytes(StandardCharsets.UTF_8));
            }
            for (Map.Entry<String, byte[]> each : zipEntries.entrySet()) {
                entry(out, each.getKey(), each.getValue());
            }
            entry(out, "lib/acme.jar", jar());
            return zip;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] jar() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> each : compile(sources).entrySet()) {
                if (!droppedClasses.contains(each.getKey())) {
                    entry(out, each.getKey(), each.getValue());
                }
            }
            for (Map.Entry<String, byte[]> each : jarEntries.entrySet()) {
                entry(out, each.getKey(), each.getValue());
            }
            if (!extensions.isEmpty()) {
                String index = "# Generated\n" + String.join("\n", extensions) + "\n";
                entry(out, "META-INF/extensions.idx", index.getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }

    private static void entry(ZipOutputStream out, String name, byte[] content) throws IOException {
        out.putNextEntry(new ZipEntry(name));
        out.write(content);
        out.closeEntry();
    }

    static Map<String, byte[]> compile(Map<String, String> sources) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
        Map<String, ByteArrayOutputStream> classes = new TreeMap<>();
        List<JavaFileObject> units = new ArrayList<>();
        sources.forEach((name, source) -> units.add(new Source(name, source)));
        try (StandardJavaFileManager standard = compiler.getStandardFileManager(diagnostics, null, null);
                JavaFileManager files = new InMemory(standard, classes)) {
            boolean good = compiler.getTask(
                            null, files, diagnostics, List.of("-proc:none", "-classpath", classPath()), null, units)
                    .call();
            if (!good) {
                throw new IllegalStateException("test source does not compile: " + diagnostics.getDiagnostics());
            }
        }
        Map<String, byte[]> result = new TreeMap<>();
        classes.forEach((name, bytes) -> result.put(name.replace('.', '/') + ".class", bytes.toByteArray()));
        return result;
    }

    private static String classPath() {
        List<String> paths = new ArrayList<>();
        for (Class<?> type : List.of(ProviderFactory.class, ExtensionPoint.class, Logger.class)) {
            paths.add(Path.of(URI.create(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toString()))
                    .toString());
        }
        return String.join(System.getProperty("path.separator"), paths);
    }

    /** Source in memory. */
    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String className, String text) {
            super(URI.create("memory:///" + className.replace('.', '/') + ".java"), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    /** Keeps class files in memory. */
    private static final class InMemory extends ForwardingJavaFileManager<JavaFileManager> {
        private final Map<String, ByteArrayOutputStream> classes;

        InMemory(JavaFileManager inner, Map<String, ByteArrayOutputStream> classes) {
            super(inner);
            this.classes = classes;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("memory:///" + className), kind) {
                @Override
                public OutputStream openOutputStream() {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    classes.put(className, out);
                    return out;
                }
            };
        }
    }
}
