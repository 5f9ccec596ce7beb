package io.tidemark.pluginhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way in which a plugin file can be wrong is refused with a reason that names it. */
final class RefusedPluginsTest {
    @TempDir
    private Path folder;

    private PluginReport verify(Path zip) {
        return new PluginVerifier(
                        PluginHostConfig.unsigned(folder.resolve("plugins"), folder.resolve("work")), ZipLimits.DEFAULT)
                .verify(zip);
    }

    private void assertRefused(Path zip, String... words) throws IOException {
        PluginReport report = verify(zip);
        assertFalse(report.accepted(), "it must be refused");
        String text = report.problem().orElseThrow().toString();
        for (String word : words) {
            assertTrue(text.contains(word), () -> "'" + word + "' must stand in: " + text);
        }
        assertFalse(report.problem().get().remedy().isBlank());
        try (Stream<Path> left = Files.list(folder.resolve("work"))) {
            assertEquals(0, left.count(), "verification leaves nothing behind");
        }
    }

    @Test
    void a_good_plugin_is_accepted() {
        PluginReport report = verify(new PluginFixture()
                .property("x-team", "storage")
                .zipEntry("LICENSES/Apache-2.0.txt", new byte[] {1})
                .zipEntry("doc/", new byte[0])
                .writeTo(folder.resolve("good.zip")));
        assertTrue(report.accepted(), () -> String.valueOf(report.problem()));
        assertEquals("acme@1.2.3", report.manifest().orElseThrow().toString());
        assertEquals(
                Map.of("x-team", "storage"), report.manifest().orElseThrow().extras());
        assertEquals(128, report.sha512Hex().length());
    }

    static Stream<Arguments> faults() {
        byte[] some = {1, 2, 3};
        return Stream.of(
                fault("no manifest", new PluginFixture().withoutManifest(), "plugin.properties"),
                fault("no id", new PluginFixture().withoutProperty("plugin.id"), "plugin.id"),
                fault("empty version", new PluginFixture().property("plugin.version", " "), "plugin.version"),
                fault("unfiltered version", new PluginFixture().property("plugin.version", "${v}"), "${v}", "filter"),
                fault("bad id", new PluginFixture().property("plugin.id", "Acme Plugin"), "Acme Plugin"),
                fault("no range", new PluginFixture().withoutProperty("plugin.requires"), "plugin.requires"),
                fault("unknown key", new PluginFixture().property("plugin.reqires", "x"), "plugin.reqires", "x-"),
                fault("dependencies", new PluginFixture().property("plugin.dependencies", "b"), "plugin.dependencies"),
                fault("caret", new PluginFixture().property("plugin.requires", "^0.1.0"), "'^'", ">=0.1.0"),
                fault("tilde", new PluginFixture().property("plugin.requires", "~0.1"), "'~'", ">=0.1.0"),
                fault("star", new PluginFixture().property("plugin.requires", "*"), "wildcards"),
                fault("too new", new PluginFixture().property("plugin.requires", ">=9.0.0"), ">=9.0.0", "0.1.0"),
                fault("no index", new PluginFixture().extensions(), "extensions.idx", "annotationProcessorPaths"),
                fault("empty index", new PluginFixture().extensions("# nothing", " "), "extensions.idx"),
                fault("no such class", new PluginFixture().extensions("acme.Nobody"), "acme.Nobody"),
                fault("no factory", new PluginFixture().extensions("acme.AcmeTransport"), "HypervisorSiteFactory"),
                fault(
                        "bundled spi",
                        new PluginFixture().jarEntry("io/tidemark/spi/plugin/Provider.class", some),
                        "io.tidemark.spi.",
                        "provided"),
                fault("bundled pf4j", new PluginFixture().jarEntry("org/pf4j/Plugin.class", some), "org.pf4j."),
                fault(
                        "bundled spi, versioned",
                        new PluginFixture().jarEntry("META-INF/versions/21/io/tidemark/spi/X.class", some),
                        "io.tidemark.spi."),
                fault("path traversal", new PluginFixture().zipEntry("lib/../../evil.jar", some), "outside"),
                fault("absolute path", new PluginFixture().zipEntry("/etc/evil", some), "outside"),
                fault("backslash", new PluginFixture().zipEntry("..\\evil", some), "outside"),
                fault("drive", new PluginFixture().zipEntry("C:evil", some), "outside"),
                fault("no jar in it", new PluginFixture().zipEntry("lib/a.jar", some), "lib/a.jar", "damaged"),
                fault(
                        "private factory",
                        new PluginFixture()
                                .source(
                                        "acme.AcmeFactory",
                                        PluginFixture.FACTORY_SOURCE.replace("public class", "class")),
                        "public constructor"),
                fault(
                        "missing dependency",
                        new PluginFixture()
                                .source(
                                        "acme.AcmeFactory",
                                        PluginFixture.FACTORY_SOURCE.replace(
                                                "public ProviderKind kind()",
                                                "public void use(java.util.List<String> a, Gone b) {} public static class Gone {} "
                                                        + "public ProviderKind kind()"))
                                .dropClass("acme/AcmeFactory$Gone.class"),
                        "does not load",
                        "Gone"),
                fault(
                        "plugin class",
                        new PluginFixture().property("plugin.class", "acme.AcmeTransport"),
                        "plugin.class"));
    }

    private static Arguments fault(String name, PluginFixture plugin, String... words) {
        return Arguments.of(name, plugin, words);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void a_faulty_plugin_is_refused_by_name_of_the_fault(String name, PluginFixture plugin, String[] words)
            throws IOException {
        assertRefused(plugin.writeTo(folder.resolve("faulty.zip")), words);
    }

    @Test
    void rubbish_is_refused() throws IOException {
        assertRefused(Files.writeString(folder.resolve("a.zip"), "no zip at all"), "a.zip is not a zip file");
        assertRefused(Files.write(folder.resolve("b.zip"), new byte[0]), "b.zip is not a zip file");
        assertRefused(folder.resolve("gone.zip"), "gone.zip is not a file");
        assertRefused(folder, "is not a file");
        Path whole = new PluginFixture().writeTo(folder.resolve("whole.zip"));
        byte[] bytes = Files.readAllBytes(whole);
        assertRefused(Files.write(folder.resolve("half.zip"), Arrays.copyOf(bytes, bytes.length / 2)), "half.zip");
    }

    @Test
    void a_key_that_stands_twice_is_refused() throws IOException {
        Path zip = folder.resolve("twice.zip");
        try (OutputStream file = Files.newOutputStream(zip);
                ZipOutputStream out = new ZipOutputStream(file)) {
            out.putNextEntry(new ZipEntry("plugin.properties"));
            out.write("plugin.id=a\nplugin.id=b\n".getBytes(StandardCharsets.UTF_8));
        }
        assertRefused(zip, "plugin.id", "twice");
    }

    @Test
    void absurd_sizes_are_refused_however_well_they_are_packed() throws IOException {
        Path bomb =
                new PluginFixture().zipEntry("doc/zeroes", new byte[3 << 20]).writeTo(folder.resolve("bomb.zip"));
        PluginVerifier strict = new PluginVerifier(
                PluginHostConfig.unsigned(folder.resolve("plugins"), folder.resolve("work")),
                new ZipLimits(1 << 20, 2 << 20, 100));
        assertTrue(strict.verify(bomb).problem().orElseThrow().happened().contains("unpacks to more than"));

        PluginFixture many = new PluginFixture();
        for (int i = 0; i < 100; i++) {
            many.zipEntry("doc/" + i, new byte[0]);
        }
        Path crowd = many.writeTo(folder.resolve("crowd.zip"));
        assertTrue(strict.verify(crowd).problem().orElseThrow().happened().contains("too many entries"));

        byte[] noise = new byte[2 << 20];
        new Random(1).nextBytes(noise);
        Path big = new PluginFixture().zipEntry("doc/noise", noise).writeTo(folder.resolve("big.zip"));
        assertTrue(strict.verify(big).problem().orElseThrow().happened().contains("too big"));

        Path longManifest =
                new PluginFixture().property("x-long", "a".repeat(100_000)).writeTo(folder.resolve("long.zip"));
        assertTrue(verify(longManifest).problem().orElseThrow().happened().contains("too big"));
    }
}
