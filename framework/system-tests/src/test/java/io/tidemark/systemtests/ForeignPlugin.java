package io.tidemark.systemtests;

import io.tidemark.spi.plugin.Provider;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.jspecify.annotations.NullMarked;
import org.pf4j.ExtensionPoint;
import org.slf4j.Logger;

/** Builds a plugin that is no part of this build, as its author would: against the SPI and what the SPI stands on, and nothing else. */
final class ForeignPlugin {
    private ForeignPlugin() {}

    /** @param home of the plugin: {@code plugin.properties} and {@code src/} */
    static Path build(Path home, Path folder, String name) throws IOException {
        Path classes = Files.createDirectories(folder.resolve("classes"));
        compile(sources(home.resolve("src")), classes);
        Path jar = folder.resolve(name + ".jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            add(out, classes);
        }
        Path zip = folder.resolve(name + ".zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip), StandardCharsets.UTF_8)) {
            put(out, "plugin.properties", Files.readAllBytes(home.resolve("plugin.properties")));
            put(out, "lib/" + name + ".jar", Files.readAllBytes(jar));
            put(out, "doc/README.md", Files.readAllBytes(home.resolve("README.md")));
        }
        return zip;
    }

    private static List<Path> sources(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(each -> each.toString().endsWith(".java")).toList();
        }
    }

    private static void compile(List<Path> sources, Path classes) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        String pf4j = library(ExtensionPoint.class);
        String path = String.join(":", library(Provider.class), pf4j, library(Logger.class), library(NullMarked.class));
        List<String> options =
                List.of("--release", "25", "-d", classes.toString(), "-classpath", path, "-processorpath", path);
        StringWriter said = new StringWriter();
        try (var files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            boolean compiled = compiler.getTask(
                            said,
                            files,
                            null,
                            options,
                            null,
                            files.getJavaFileObjectsFromPaths(new ArrayList<>(sources)))
                    .call();
            if (!compiled) {
                throw new AssertionError("the plugin does not compile against the SPI: " + said);
            }
        } catch (IOException e) {
            throw new AssertionError("the compiler's files could not be closed", e);
        }
    }

    /** Where a class was loaded from. */
    private static String library(Class<?> type) {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath())
                .toString();
    }

    private static void add(ZipOutputStream out, Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        for (Path file : files) {
            put(out, folder.relativize(file).toString(), Files.readAllBytes(file));
        }
    }

    private static void put(ZipOutputStream out, String name, byte[] bytes) throws IOException {
        out.putNextEntry(new ZipEntry(name));
        out.write(bytes);
        out.closeEntry();
    }
}
