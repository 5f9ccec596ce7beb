package io.tidemark.pluginhost;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

/** An open plugin file whose entry names and number have been checked; reads and unpacks it within {@link ZipLimits}. */
final class PluginZip implements AutoCloseable {
    static final String MANIFEST = "plugin.properties";
    static final String INDEX = "META-INF/extensions.idx";
    private static final List<String> HOST_PACKAGES = List.of("io/tidemark/spi/", "org/pf4j/", "org/slf4j/");

    private final ZipFile zip;
    private final ZipLimits limits;

    PluginZip(Path file, ZipLimits limits) throws IOException, PluginException {
        this.limits = limits;
        if (!Files.isRegularFile(file)) {
            throw new PluginException(
                    file.getFileName() + " is not a file",
                    "a plugin is one zip file",
                    "Give the path of the plugin's zip.");
        }
        if (Files.size(file) > limits.zipBytes()) {
            throw new PluginException(
                    file.getFileName() + " is too big",
                    "it has " + Files.size(file) + " bytes and at most " + limits.zipBytes() + " are taken",
                    "Check that it is a plugin; leave out what it does not need.");
        }
        try {
            this.zip = new ZipFile(file.toFile());
        } catch (ZipException e) {
            throw new PluginException(
                    new PluginProblem(
                            file.getFileName() + " is not a zip file",
                            String.valueOf(e.getMessage()),
                            "Fetch it again, or build it with the plugin parent, which makes the zip."),
                    e);
        }
        try {
            checkNames();
        } catch (PluginException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    private List<? extends ZipEntry> entries() {
        Enumeration<? extends ZipEntry> all = zip.entries();
        return Collections.list(all);
    }

    private void checkNames() throws PluginException {
        if (zip.size() > limits.entries()) {
            throw new PluginException(
                    "The zip has too many entries",
                    zip.size() + " where at most " + limits.entries() + " are taken",
                    "Pack classes into jars under lib/.");
        }
        Set<String> seen = new HashSet<>();
        for (ZipEntry entry : entries()) {
            String name = entry.getName();
            if (escapes(name)) {
                throw new PluginException(
                        "The zip has an entry that would be written outside of its folder",
                        "the entry is called '" + name.replaceAll("\\p{Cntrl}", "?") + "'",
                        "Do not use this file: no honest tool makes such a name.");
            }
            if (!seen.add(name)) {
                throw new PluginException(
                        "The zip has the entry '" + name + "' twice",
                        "tools disagree about which one counts",
                        "Do not use this file; build it again.");
            }
        }
    }

    private static boolean escapes(String name) {
        return name.isEmpty()
                || name.startsWith("/")
                || name.indexOf('\\') >= 0
                || name.indexOf(':') >= 0
                || name.chars().anyMatch(Character::isISOControl)
                || List.of(name.split("/", -1)).stream().anyMatch(part -> part.equals("..") || part.equals("."));
    }

    String manifestText() throws IOException, PluginException {
        ZipEntry entry = zip.getEntry(MANIFEST);
        if (entry == null || entry.isDirectory()) {
            throw new PluginException(
                    "The zip has no plugin.properties at its root",
                    "so the host cannot tell what it is",
                    "Give the plugin's zip, not its jar; build it with the plugin parent, which packs "
                            + "src/main/plugin/plugin.properties.");
        }
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] bytes = in.readNBytes(ZipLimits.MANIFEST_BYTES + 1);
            if (bytes.length > ZipLimits.MANIFEST_BYTES) {
                throw new PluginException(
                        "plugin.properties is too big",
                        "it has more than " + ZipLimits.MANIFEST_BYTES + " bytes",
                        "Keep documents in doc/ of the zip.");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** Looks into every jar without unpacking anything. */
    Contents contents() throws IOException, PluginException {
        Set<String> classes = new TreeSet<>();
        Set<String> extensions = new TreeSet<>();
        Budget budget = new Budget(limits.unpackedBytes());
        int jars = 0;
        for (ZipEntry entry : entries()) {
            try (InputStream in = new Metered(zip.getInputStream(entry), budget)) {
                if (isJar(entry.getName())) {
                    jars++;
                    scanJar(entry.getName(), in, classes, extensions);
                }
                in.transferTo(OutputStream.nullOutputStream());
            } catch (ZipException e) {
                throw damaged(entry.getName(), e);
            } catch (TooMuch e) {
                throw e.problem(limits.unpackedBytes());
            }
        }
        if (jars == 0) {
            throw new PluginException(
                    "The zip has no jar in lib/",
                    "only lib/*.jar is loaded",
                    "Build it with the plugin parent, which packs the plugin's jar and its dependencies there.");
        }
        return new Contents(classes, new ArrayList<>(extensions));
    }

    private static void scanJar(String jarName, InputStream bytes, Set<String> classes, Set<String> extensions)
            throws IOException, PluginException {
        int entries = 0;
        // Not closed: closing it would close the zip's stream, of which the caller reads the rest.
        ZipInputStream jar = new ZipInputStream(bytes);
        for (ZipEntry entry = jar.getNextEntry(); entry != null; entry = jar.getNextEntry()) {
            entries++;
            String name = entry.getName();
            refuseHostClass(jarName, name);
            if (name.endsWith(".class")) {
                classes.add(name);
            } else if (name.equals(INDEX)) {
                extensions.addAll(indexLines(jar.readNBytes(ZipLimits.MANIFEST_BYTES)));
            }
        }
        if (entries == 0) {
            throw damaged(jarName, new ZipException("it is not a jar"));
        }
    }

    private static PluginException damaged(String name, ZipException cause) {
        return new PluginException(
                new PluginProblem(
                        "'" + name + "' in the zip cannot be read",
                        String.valueOf(cause.getMessage()),
                        "The file is damaged: fetch or build it again."),
                cause);
    }

    private static void refuseHostClass(String jarName, String name) throws PluginException {
        if (!name.endsWith(".class")) {
            return;
        }
        for (String hostPackage : HOST_PACKAGES) {
            boolean versioned = name.startsWith("META-INF/versions/") && name.contains("/" + hostPackage);
            if (name.startsWith(hostPackage) || versioned) {
                throw new PluginException(
                        "The plugin brings its own copy of " + hostPackage.replace('/', '.') + "*",
                        jarName + " contains " + name + ", and the host gives these classes to every plugin",
                        "Give tidemark-spi, pf4j and slf4j-api the scope 'provided', as the plugin parent does, and do not shade them.");
            }
        }
    }

    private static List<String> indexLines(byte[] index) {
        return new String(index, StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.replaceFirst("#.*", "").strip())
                .filter(line -> !line.isEmpty())
                .toList();
    }

    /** Writes {@code plugin.properties} and {@code lib/*.jar} below a folder that exists and is empty. Nothing else is needed to run it. */
    void unpack(Path folder) throws IOException, PluginException {
        Budget budget = new Budget(limits.unpackedBytes());
        Files.createDirectories(folder.resolve("lib"));
        for (ZipEntry entry : entries()) {
            if (!isJar(entry.getName()) && !entry.getName().equals(MANIFEST)) {
                continue;
            }
            Path target = folder.resolve(entry.getName()).normalize();
            if (!target.startsWith(folder)) {
                throw new IllegalStateException("names are checked at opening, yet this one escapes: " + target);
            }
            try (InputStream in = new Metered(zip.getInputStream(entry), budget);
                    OutputStream out = Files.newOutputStream(target)) {
                in.transferTo(out);
            } catch (TooMuch e) {
                throw e.problem(limits.unpackedBytes());
            }
        }
    }

    private static boolean isJar(String name) {
        return name.startsWith("lib/") && name.endsWith(".jar") && name.indexOf('/', "lib/".length()) < 0;
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }

    /**
     * What the jars hold.
     *
     * @param classFiles entry names such as {@code com/acme/A.class}
     * @param extensions class names from the extension index
     */
    record Contents(Set<String> classFiles, List<String> extensions) {
        Contents {
            classFiles = Set.copyOf(classFiles);
            extensions = List.copyOf(extensions);
        }
    }

    /** Bytes that may still be unpacked. */
    private static final class Budget {
        private long leftBytes;

        Budget(long limitBytes) {
            this.leftBytes = limitBytes;
        }

        void take(int bytes) throws TooMuch {
            leftBytes -= Math.max(0, bytes);
            if (leftBytes < 0) {
                throw new TooMuch();
            }
        }
    }

    /** The zip unpacks to more than is taken. */
    private static final class TooMuch extends IOException {
        PluginException problem(long limitBytes) {
            return new PluginException(
                    new PluginProblem(
                            "The zip unpacks to more than " + limitBytes + " bytes",
                            "no plugin needs that; it may be made to fill the disk",
                            "Do not use this file unless you know its maker."),
                    this);
        }
    }

    /** Takes what is read from a budget. */
    private static final class Metered extends FilterInputStream {
        private final Budget budget;

        Metered(InputStream in, Budget budget) {
            super(in);
            this.budget = budget;
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            budget.take(value < 0 ? 0 : 1);
            return value;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int count = super.read(into, offset, length);
            budget.take(count);
            return count;
        }
    }
}
