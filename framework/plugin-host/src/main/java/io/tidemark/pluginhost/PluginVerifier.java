package io.tidemark.pluginhost;

import io.tidemark.spi.plugin.ProviderFactory;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.pf4j.DefaultPluginDescriptor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides whether a plugin file may be used: is it what its publisher made, is it a well-formed plugin, does it fit this host, and do its
 * extension classes link. Runs no code of the plugin, and unpacks nothing before checksum, signature and names were found right.
 */
final class PluginVerifier {
    private static final Logger LOG = LoggerFactory.getLogger(PluginVerifier.class);

    private final Authenticity authenticity;
    private final ZipLimits limits;
    private final Path workDirectory;

    PluginVerifier(PluginHostConfig config, ZipLimits limits) {
        this.authenticity = new Authenticity(config);
        this.limits = limits;
        this.workDirectory = config.workDirectory();
    }

    /** Checks a file and leaves nothing behind. */
    PluginReport verify(Path zip) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory(Files.createDirectories(workDirectory), "verify-");
            return verifyInto(zip, folder);
        } catch (IOException e) {
            return new PluginReport(
                    zip, "", Optional.empty(), Optional.empty(), List.of(), Optional.of(unreadable(zip, e)));
        } finally {
            if (folder != null) {
                Folders.deleteQuietly(folder);
            }
        }
    }

    /** Checks a file and leaves what is needed to run it in {@code folder}, which exists and is empty. */
    PluginReport verifyInto(Path zip, Path folder) {
        String sha512Hex = "";
        Optional<String> signedBy = Optional.empty();
        Optional<PluginManifest> manifest = Optional.empty();
        List<String> extensions = List.of();
        Optional<PluginProblem> problem = Optional.empty();
        try {
            if (Files.isRegularFile(zip) && Files.size(zip) <= limits.zipBytes()) {
                byte[] digest = Authenticity.sha512(zip);
                sha512Hex = HexFormat.of().formatHex(digest);
                signedBy = authenticity.check(zip, digest);
            }
            try (PluginZip open = new PluginZip(zip, limits)) {
                PluginManifest read = ManifestReader.read(open.manifestText());
                manifest = Optional.of(read);
                checkRange(read);
                PluginZip.Contents contents = open.contents();
                extensions = contents.extensions();
                checkIndex(read, contents);
                open.unpack(folder);
                checkClasses(read, extensions, folder);
            }
        } catch (PluginException e) {
            problem = Optional.of(e.problem());
        } catch (IOException e) {
            problem = Optional.of(unreadable(zip, e));
        }
        return new PluginReport(zip, sha512Hex, signedBy, manifest, extensions, problem);
    }

    private static PluginProblem unreadable(Path zip, IOException e) {
        return new PluginProblem(
                zip.getFileName() + " cannot be read",
                e.getClass().getSimpleName() + " " + e.getMessage(),
                "Check the path, the permissions and the disk.");
    }

    private static void checkRange(PluginManifest manifest) throws PluginException {
        // PF4J runs a plugin whose range does not fit when the host's version is unset; here the check is ours and
        // always made.
        if (!VersionRange.parse(manifest.requires()).contains(SpiVersion.CURRENT)) {
            throw new PluginException(
                    manifest + " does not run on this version of Tidemark",
                    "it needs the plugin interface " + manifest.requires() + " and this host has " + SpiVersion.CURRENT,
                    "Install a release of the plugin for this version, or upgrade Tidemark.");
        }
    }

    private static void checkIndex(PluginManifest manifest, PluginZip.Contents contents) throws PluginException {
        if (contents.extensions().isEmpty()) {
            throw new PluginException(
                    manifest + " offers nothing",
                    "no jar in lib/ has a " + PluginZip.INDEX + " that names a class",
                    "Put @Extension on the factory and PF4J into the compiler's annotationProcessorPaths: javac runs no processor unasked.");
        }
        for (String extension : contents.extensions()) {
            if (!contents.classFiles().contains(extension.replace('.', '/') + ".class")) {
                throw new PluginException(
                        manifest + " names an extension that it does not contain",
                        extension + " stands in " + PluginZip.INDEX + " but no jar in lib/ has that class",
                        "Build the plugin anew from a clean state.");
            }
        }
    }

    private static void checkClasses(PluginManifest manifest, List<String> extensions, Path folder)
            throws IOException, PluginException {
        DefaultPluginDescriptor descriptor = new DefaultPluginDescriptor(
                manifest.id(),
                manifest.description(),
                manifest.pluginClass().orElse("org.pf4j.Plugin"),
                manifest.version(),
                manifest.requires(),
                manifest.provider(),
                manifest.license());
        try (IsolatedClassLoader loader = new IsolatedClassLoader(null, descriptor, folder)) {
            for (String extension : extensions) {
                checkClass(manifest, link(manifest, extension, loader));
            }
            if (manifest.pluginClass().isPresent()) {
                Class<?> life = link(manifest, manifest.pluginClass().get(), loader);
                if (!org.pf4j.Plugin.class.isAssignableFrom(life)) {
                    throw new PluginException(
                            manifest + " has a plugin.class that is none",
                            life.getName() + " does not extend org.pf4j.Plugin",
                            "Leave plugin.class away: a factory needs none.");
                }
            }
        }
    }

    private static Class<?> link(PluginManifest manifest, String className, IsolatedClassLoader loader)
            throws PluginException {
        try {
            Class<?> type = Class.forName(className, false, loader);
            // Resolves the types of its methods, which loading alone does not.
            int methods = type.getMethods().length;
            LOG.atDebug()
                    .addKeyValue("class", className)
                    .addKeyValue("methods", methods)
                    .log("Class links");
            return type;
        } catch (ClassNotFoundException | LinkageError e) {
            throw new PluginException(
                    new PluginProblem(
                            manifest + " has a class that does not load: " + className,
                            e.getClass().getSimpleName() + ": " + e.getMessage(),
                            "A plugin sees the JDK, " + String.join("*, ", IsolatedClassLoader.HOST_PACKAGES)
                                    + "* and its own lib/*.jar: pack the missing dependency, or build against the SPI "
                                    + SpiVersion.CURRENT + "."),
                    e);
        }
    }

    private static void checkClass(PluginManifest manifest, Class<?> type) throws PluginException {
        if (!ProviderFactory.class.isAssignableFrom(type)
                || FactoryKind.of(type).isEmpty()) {
            throw new PluginException(
                    manifest + " has an extension that the host has no use for",
                    type.getName() + " does not implement " + FactoryKind.names(),
                    "Implement one of them, or take @Extension off the class.");
        }
        boolean constructible = Modifier.isPublic(type.getModifiers())
                && !Modifier.isAbstract(type.getModifiers())
                && List.of(type.getConstructors()).stream().anyMatch(each -> each.getParameterCount() == 0);
        if (!constructible) {
            throw new PluginException(
                    manifest + " has a factory that cannot be made",
                    type.getName() + " is not a public class with a public constructor without parameters",
                    "Make it one; everything else comes with ProviderFactory.open.");
        }
    }
}
