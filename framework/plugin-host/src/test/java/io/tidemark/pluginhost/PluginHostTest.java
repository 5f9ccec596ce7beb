package io.tidemark.pluginhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.pluginhost.PluginInfo.State;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.site.HypervisorSiteFactory;
import io.tidemark.spi.transport.Transport;
import io.tidemark.spi.transport.TransportFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Life of plugins on a host: load, isolate, guard, install, replace, remove. */
final class PluginHostTest {
    private static final ProviderKind ACME = new ProviderKind("acme");

    @TempDir
    private Path folder;

    private Path plugins = Path.of("");

    @BeforeEach
    void makeFolders() throws IOException {
        plugins = Files.createDirectory(folder.resolve("plugins"));
    }

    private PluginHostConfig config() {
        return PluginHostConfig.unsigned(plugins, folder.resolve("work"));
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(20));
    }

    private static PluginInfo only(PluginHost host) {
        assertEquals(1, host.plugins().size(), () -> host.plugins().toString());
        return host.plugins().getFirst();
    }

    @Test
    void a_plugin_is_loaded_isolated_and_guarded() throws Exception {
        new PluginFixture().writeTo(plugins.resolve("acme.zip"));
        try (PluginHost host = new PluginHost(config())) {
            PluginInfo info = only(host);
            assertEquals(State.LOADED, info.state());
            assertEquals(List.of("transport:acme"), info.provides());
            assertTrue(host.hypervisor(ACME).isEmpty());
            assertEquals(List.of(), host.factories(HypervisorSiteFactory.class));
            assertEquals(1, host.factories(TransportFactory.class).size());
            TransportFactory factory = host.transport(ACME).orElseThrow();
            Transport transport = factory.open(new ProviderConfig(Map.of()), new NoContext(), soon());
            assertEquals(
                    "blue host=hidden junit=hidden spi=seen slf4j=seen jdk=seen context=true", transport.description());
            assertEquals(Set.of(), transport.capabilities(), "null is a defect that does no harm");
            ProviderException broken = assertThrows(ProviderException.class, () -> transport.checkHealth(soon()));
            assertEquals(FailureKind.BUG, broken.kind());
            assertTrue(broken.toString().contains("acme@1.2.3"), broken.toString());
            assertTrue(broken.toString().contains("broken inside"), broken.toString());
            ProviderException late = assertThrows(
                    ProviderException.class, () -> transport.checkHealth(Deadline.after(Duration.ofSeconds(-1))));
            assertEquals(FailureKind.RETRY_LATER, late.kind());
            ClassLoader before = Thread.currentThread().getContextClassLoader();
            transport.close();
            assertEquals(before, Thread.currentThread().getContextClassLoader());
            ProviderException unknown = assertThrows(
                    ProviderException.class,
                    () -> factory.open(new ProviderConfig(Map.of("colour", "red")), new NoContext(), soon()));
            assertTrue(unknown.toString().contains("'colour'")
                    && unknown.toString().contains("'color'"));
        }
    }

    @Test
    void one_bad_plugin_does_not_keep_another_out() throws Exception {
        Files.writeString(plugins.resolve("rubbish.zip"), "no zip");
        new PluginFixture().writeTo(plugins.resolve("acme.zip"));
        new PluginFixture()
                .property("plugin.id", "static-failure")
                .source(
                        "acme.AcmeFactory",
                        PluginFixture.FACTORY_SOURCE.replace(
                                "public ProviderKind kind()",
                                "static { if (true) throw new IllegalStateException(\"static\"); } public ProviderKind kind()"))
                .writeTo(plugins.resolve("b.zip"));
        new PluginFixture()
                .property("plugin.id", "null-kind")
                .source("acme.AcmeFactory", PluginFixture.FACTORY_SOURCE.replace("new ProviderKind(\"acme\")", "null"))
                .writeTo(plugins.resolve("c.zip"));
        new PluginFixture().property("plugin.id", "zz-same-kind").writeTo(plugins.resolve("d.zip"));
        try (PluginHost host = new PluginHost(config())) {
            assertTrue(host.transport(ACME).isPresent());
            for (String id : List.of("rubbish.zip", "static-failure", "null-kind", "zz-same-kind")) {
                PluginInfo info = host.plugins().stream()
                        .filter(each -> each.id().equals(id))
                        .findFirst()
                        .orElseThrow();
                assertEquals(State.REFUSED, info.state(), id);
            }
            assertTrue(host.plugins().toString().contains("it returned null"));
            assertTrue(host.plugins().toString().contains("'acme' that is taken"));
        }
    }

    @Test
    void the_same_id_twice_is_refused_and_both_files_are_named() throws Exception {
        new PluginFixture().writeTo(plugins.resolve("one.zip"));
        new PluginFixture().property("plugin.version", "2.0.0").writeTo(plugins.resolve("two.zip"));
        try (PluginHost host = new PluginHost(config())) {
            assertEquals(2, host.plugins().size());
            for (PluginInfo info : host.plugins()) {
                String why = info.problem().orElseThrow().why();
                assertTrue(why.contains("one.zip") && why.contains("two.zip") && why.contains("2.0.0"), why);
            }
        }
    }

    @Test
    void install_replace_and_remove_take_effect_at_the_next_start() throws Exception {
        Path first = new PluginFixture().writeTo(folder.resolve("first.zip"));
        try (PluginHost host = new PluginHost(config())) {
            assertEquals(State.EFFECTIVE_AT_RESTART, host.install(first).state());
            assertTrue(host.transport(ACME).isEmpty());
            assertEquals(State.EFFECTIVE_AT_RESTART, only(host).state());
        }
        Path second = new PluginFixture().property("plugin.version", "2.0.0").writeTo(folder.resolve("second.zip"));
        try (PluginHost host = new PluginHost(config())) {
            assertEquals(State.LOADED, only(host).state());
            host.install(second);
            assertEquals(
                    List.of(State.EFFECTIVE_AT_RESTART, State.GONE_AT_RESTART),
                    host.plugins().stream().map(PluginInfo::state).sorted().toList());
            assertTrue(host.transport(ACME).isPresent(), "the loaded one is in use until the restart");
        }
        assertTrue(Files.exists(plugins.resolve(".previous/acme.zip")), "the replaced one is kept");
        try (PluginHost host = new PluginHost(config())) {
            assertEquals("2.0.0", only(host).manifest().orElseThrow().version());
            host.remove("acme");
            assertEquals(State.GONE_AT_RESTART, only(host).state());
            PluginException unknown = assertThrows(PluginException.class, () -> host.remove("nobody"));
            assertTrue(unknown.toString().contains("nobody"));
        }
        try (PluginHost host = new PluginHost(config())) {
            assertEquals(List.of(), host.plugins());
        }
    }

    @Test
    void a_refused_install_changes_nothing() throws Exception {
        Path bad = new PluginFixture().extensions().writeTo(folder.resolve("bad.zip"));
        try (PluginHost host = new PluginHost(config())) {
            PluginException refused = assertThrows(PluginException.class, () -> host.install(bad));
            assertTrue(refused.toString().contains("offers nothing"), refused.toString());
            assertThrows(PluginException.class, () -> host.install(folder.resolve("gone.zip")));
            assertEquals(List.of(), host.plugins());
            try (var left = Files.list(plugins)) {
                assertEquals(List.of(), left.toList());
            }
        }
    }

    @Test
    void an_install_that_a_crash_interrupted_is_finished_or_never_was() throws Exception {
        new PluginFixture().writeTo(plugins.resolve("acme.zip"));
        Path ready = Files.createDirectory(plugins.resolve(".ready-acme.zip"));
        new PluginFixture().property("plugin.version", "2.0.0").writeTo(ready.resolve("acme.zip"));
        Path staging = Files.createDirectory(plugins.resolve(".staging-1"));
        new PluginFixture().property("plugin.version", "3.0.0").writeTo(staging.resolve("acme.zip"));
        try (PluginHost host = new PluginHost(config())) {
            assertEquals("2.0.0", only(host).manifest().orElseThrow().version());
            assertFalse(Files.exists(ready));
        }
        // Interrupted after the zip had moved.
        Files.createDirectory(plugins.resolve(".ready-acme.zip"));
        try (PluginHost host = new PluginHost(config())) {
            assertEquals("2.0.0", only(host).manifest().orElseThrow().version());
        }
    }

    @Test
    void a_checksum_beside_the_zip_must_match() throws Exception {
        Path zip = new PluginFixture().writeTo(folder.resolve("acme.zip"));
        String sum = HexFormat.of().formatHex(Authenticity.sha512(zip));
        Path sidecar = folder.resolve("acme.zip.sha512");
        try (PluginHost host = new PluginHost(config())) {
            Files.writeString(sidecar, "0" + sum.substring(1).replace('a', 'b') + "  acme.zip\n");
            assertTrue(host.verify(zip).problem().orElseThrow().happened().contains("does not match its checksum"));
            Files.writeString(sidecar, "hello\n");
            assertTrue(host.verify(zip).problem().orElseThrow().happened().contains("is not a SHA-512 checksum"));
            Files.writeString(sidecar, sum + "  acme.zip\n");
            assertTrue(host.verify(zip).accepted());
            host.install(zip);
            assertTrue(Files.exists(plugins.resolve("acme.zip.sha512")), "the checksum is installed too");
        }
        Files.writeString(plugins.resolve("acme.zip"), "tampered");
        try (PluginHost host = new PluginHost(config())) {
            assertTrue(only(host).problem().orElseThrow().happened().contains("checksum"));
        }
    }

    @Test
    void a_signature_must_be_of_a_configured_publisher() throws Exception {
        KeyPair publisher = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        KeyPair stranger = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Path zip = new PluginFixture().writeTo(folder.resolve("acme.zip"));
        Path sidecar = folder.resolve("acme.zip.sig");
        PluginHostConfig strict = new PluginHostConfig(
                plugins,
                folder.resolve("work"),
                Map.of("Acme", publisher.getPublic()),
                PluginHostConfig.SignaturePolicy.REQUIRED);
        try (PluginHost host = new PluginHost(strict)) {
            assertTrue(host.verify(zip).problem().orElseThrow().happened().contains("is not signed"));
            sign(zip, sidecar, stranger.getPrivate());
            assertTrue(host.verify(zip).problem().orElseThrow().happened().contains("does not verify"));
            Files.writeString(sidecar, "!!!");
            assertFalse(host.verify(zip).accepted());
            sign(zip, sidecar, publisher.getPrivate());
            assertEquals("Acme", host.verify(zip).signedBy().orElseThrow());
            host.install(zip);
        }
        try (PluginHost host = new PluginHost(strict)) {
            assertEquals(State.LOADED, only(host).state());
        }
        // Where no signature is asked for, one that is there must be good all the same.
        try (PluginHost host = new PluginHost(config())) {
            assertTrue(only(host).problem().orElseThrow().why().contains("no publisher key"));
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> new PluginHostConfig(plugins, folder, Map.of(), PluginHostConfig.SignaturePolicy.REQUIRED));
    }

    private static void sign(Path zip, Path sidecar, PrivateKey key) throws IOException, GeneralSecurityException {
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(key);
        signature.update(Authenticity.sha512(zip));
        Files.writeString(sidecar, Base64.getEncoder().encodeToString(signature.sign()) + "\n");
    }

    @Test
    void a_folder_that_cannot_be_used_is_said_at_once() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        PluginException failure = assertThrows(
                PluginException.class,
                () -> new PluginHost(PluginHostConfig.unsigned(file.resolve("plugins"), folder.resolve("work"))));
        assertTrue(failure.toString().contains("plugin folders"), failure.toString());
    }
}
