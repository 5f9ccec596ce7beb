package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ProviderFactory;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.site.HypervisorSiteFactory;
import io.tidemark.spi.transport.TransportFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.pf4j.PluginRuntimeException;
import org.pf4j.PluginState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugins of this process: those of the plugin folder that pass every check, loaded in isolation, and a precise reason for each of the
 * others.
 *
 * <p>One bad plugin never keeps another from being loaded. Code changes take effect at the next start; instances opened from the factories
 * may come and go at any time. Safe for use by several threads.
 */
public final class PluginHost implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PluginHost.class);

    private final PluginFolder folder;
    private final PluginVerifier verifier;
    private final Path unpacked;
    private final IsolatingPluginManager manager;
    private final List<LoadedPlugin> loaded = new ArrayList<>();
    private final Map<Path, PluginInfo> refused = new TreeMap<>();
    private final Map<Path, PluginInfo> installedSinceStart = new TreeMap<>();
    private final Set<String> removedSinceStart = new HashSet<>();

    /**
     * Loads what the plugin folder holds.
     *
     * @throws PluginException when one of the two folders cannot be used; a plugin that cannot be used is no exception, see {@link #plugins}
     */
    public PluginHost(PluginHostConfig config) throws PluginException {
        try {
            this.folder = new PluginFolder(config.pluginDirectory());
            folder.finishCommitted();
            this.unpacked = config.workDirectory().resolve("unpacked");
            Folders.delete(unpacked);
            Files.createDirectories(unpacked);
            this.verifier = new PluginVerifier(config, ZipLimits.DEFAULT);
            this.manager = new IsolatingPluginManager(unpacked);
            loadAll();
        } catch (IOException e) {
            throw new PluginException(
                    new PluginProblem(
                            "The plugin folders cannot be used",
                            e.getClass().getSimpleName() + " " + e.getMessage(),
                            "Check that " + config.pluginDirectory() + " and " + config.workDirectory()
                                    + " exist, are writable for Tidemark and have room."),
                    e);
        }
    }

    private void loadAll() throws IOException {
        Map<String, List<Candidate>> byId = new TreeMap<>();
        for (Path zip : folder.zips()) {
            Path home = Files.createDirectories(unpacked.resolve(String.valueOf(zip.getFileName())));
            // Checked and loaded from a copy, which nobody else changes in between.
            Path copy = PluginFolder.copyWithSidecars(zip, home);
            Path content = Files.createDirectories(home.resolve("content"));
            PluginReport report = verifier.verifyInto(copy, content);
            if (report.problem().isPresent()) {
                refuse(zip, report.manifest(), report.problem().get());
            } else {
                Candidate candidate = new Candidate(zip, content, report);
                byId.computeIfAbsent(candidate.manifest().id(), id -> new ArrayList<>())
                        .add(candidate);
            }
        }
        for (List<Candidate> sameId : byId.values()) {
            if (sameId.size() == 1) {
                load(sameId.getFirst());
            } else {
                refuseAll(sameId);
            }
        }
    }

    private void refuseAll(List<Candidate> sameId) {
        List<String> names = sameId.stream()
                .map(each -> each.zip().getFileName() + " (" + each.manifest().version() + ")")
                .toList();
        for (Candidate candidate : sameId) {
            refuse(
                    candidate.zip(),
                    Optional.of(candidate.manifest()),
                    new PluginProblem(
                            "The plugin '" + candidate.manifest().id() + "' is there more than once",
                            "these files all have that id: " + String.join(", ", names),
                            "Remove all but one and restart; the host does not guess which one is meant."));
        }
    }

    private void load(Candidate candidate) {
        PluginManifest manifest = candidate.manifest();
        try {
            List<GuardedFactory<?>> factories = start(candidate);
            for (GuardedFactory<?> factory : factories) {
                refuseSecondOfKind(manifest, factory);
            }
            LoadedPlugin plugin = new LoadedPlugin(candidate.zip(), manifest, factories);
            loaded.add(plugin);
            LOG.atInfo()
                    .addKeyValue("plugin", manifest)
                    .addKeyValue("provides", plugin.provides())
                    .log("Plugin loaded");
        } catch (PluginException e) {
            manager.unloadPlugin(manifest.id());
            refuse(candidate.zip(), Optional.of(manifest), e.problem());
        }
    }

    private void refuseSecondOfKind(PluginManifest manifest, GuardedFactory<?> factory) throws PluginException {
        for (LoadedPlugin other : loaded) {
            for (GuardedFactory<?> taken : other.factories()) {
                if (taken.getClass() == factory.getClass() && taken.kind().equals(factory.kind())) {
                    throw new PluginException(
                            manifest + " offers the kind '" + factory.kind() + "' that is taken",
                            other.manifest() + " offers it already",
                            "Remove one of the two plugins and restart.");
                }
            }
        }
    }

    private List<GuardedFactory<?>> start(Candidate candidate) throws PluginException {
        PluginManifest manifest = candidate.manifest();
        List<?> extensions;
        try {
            manager.loadPlugin(candidate.content());
            PluginState state = manager.startPlugin(manifest.id());
            if (state != PluginState.STARTED) {
                throw new PluginException(
                        manifest + " did not start",
                        "its state is " + state,
                        "The log has the cause; report it to " + manifest.provider() + ".");
            }
            extensions = manager.getExtensions(manifest.id());
        } catch (PluginRuntimeException | LinkageError | IllegalArgumentException e) {
            throw new PluginException(
                    new PluginProblem(
                            manifest + " could not be loaded",
                            e.toString(),
                            "Report it to " + manifest.provider() + " with the log."),
                    e);
        }
        return guarded(manifest, candidate.report().extensionClasses(), extensions);
    }

    private List<GuardedFactory<?>> guarded(PluginManifest manifest, List<String> expected, List<?> extensions)
            throws PluginException {
        Set<String> found = new HashSet<>();
        extensions.forEach(each -> found.add(each.getClass().getName()));
        if (!found.containsAll(expected)) {
            Set<String> lost = new HashSet<>(expected);
            lost.removeAll(found);
            throw new PluginException(
                    manifest + " has extensions that did not come to life",
                    "PF4J gave no instance of " + String.join(", ", lost),
                    "The log has the cause; report it to " + manifest.provider() + ".");
        }
        Guard guard = new Guard(manifest, manager.getPluginClassLoader(manifest.id()));
        List<GuardedFactory<?>> factories = new ArrayList<>();
        try {
            for (Object extension : extensions) {
                if (extension instanceof HypervisorSiteFactory factory) {
                    factories.add(new GuardedHypervisorSiteFactory(factory, guard));
                }
                if (extension instanceof TransportFactory factory) {
                    factories.add(new GuardedTransportFactory(factory, guard));
                }
            }
        } catch (ProviderException e) {
            throw new PluginException(new PluginProblem(e.happened(), e.why(), e.remedy()), e);
        }
        return factories;
    }

    private void refuse(Path zip, Optional<PluginManifest> manifest, PluginProblem problem) {
        refused.put(zip, new PluginInfo(zip, PluginInfo.State.REFUSED, manifest, List.of(), Optional.of(problem)));
        LOG.atError()
                .addKeyValue("file", zip)
                .addKeyValue("happened", problem.happened())
                .addKeyValue("why", problem.why())
                .addKeyValue("remedy", problem.remedy())
                .log("Plugin refused: {}", problem);
    }

    /** Everything in the plugin folder and in use, by id. */
    public synchronized List<PluginInfo> plugins() {
        List<PluginInfo> all = new ArrayList<>(refused.values());
        all.addAll(installedSinceStart.values());
        for (LoadedPlugin plugin : loaded) {
            PluginInfo.State state =
                    removedSinceStart.contains(plugin.manifest().id())
                            ? PluginInfo.State.GONE_AT_RESTART
                            : PluginInfo.State.LOADED;
            all.add(new PluginInfo(
                    plugin.file(), state, Optional.of(plugin.manifest()), plugin.provides(), Optional.empty()));
        }
        all.sort(Comparator.comparing(PluginInfo::id).thenComparing(PluginInfo::state));
        return all;
    }

    /** The factories of one extension point, guarded, in the order of their kinds. */
    public synchronized <F extends ProviderFactory<?>> List<F> factories(Class<F> type) {
        List<F> found = new ArrayList<>();
        for (LoadedPlugin plugin : loaded) {
            for (GuardedFactory<?> factory : plugin.factories()) {
                if (type.isInstance(factory)) {
                    found.add(type.cast(factory));
                }
            }
        }
        found.sort(Comparator.comparing(factory -> factory.kind().value()));
        return found;
    }

    public Optional<HypervisorSiteFactory> hypervisor(ProviderKind kind) {
        return factories(HypervisorSiteFactory.class).stream()
                .filter(factory -> factory.kind().equals(kind))
                .findFirst();
    }

    public Optional<TransportFactory> transport(ProviderKind kind) {
        return factories(TransportFactory.class).stream()
                .filter(factory -> factory.kind().equals(kind))
                .findFirst();
    }

    /** Checks a plugin file without installing it, leaving nothing behind and running none of its code. */
    public PluginReport verify(Path zip) {
        return verifier.verify(zip);
    }

    /**
     * Checks a plugin file, with its sidecars, and puts it into the plugin folder, where it takes effect at the next start. A plugin with the
     * same id is replaced and kept in {@code .previous}.
     *
     * @throws PluginException when it is refused; the folder is unchanged then
     */
    public synchronized PluginInfo install(Path zip) throws PluginException {
        if (!Files.isRegularFile(zip)) {
            throw new PluginException(
                    zip + " is not there", "it is no readable file", "Give the path of the plugin's zip.");
        }
        Path staged = null;
        try {
            staged = folder.stage(zip);
            PluginReport report = verifier.verify(staged);
            if (report.problem().isPresent()) {
                throw new PluginException(report.problem().get());
            }
            PluginManifest manifest = report.manifest().orElseThrow();
            Path target = installedAs(manifest.id()).orElseGet(() -> folder.pathFor(manifest.id()));
            folder.commit(staged, target);
            refused.remove(target);
            PluginInfo info = new PluginInfo(
                    target, PluginInfo.State.EFFECTIVE_AT_RESTART, Optional.of(manifest), List.of(), Optional.empty());
            installedSinceStart.put(target, info);
            loaded.stream()
                    .filter(plugin -> plugin.manifest().id().equals(manifest.id()))
                    .forEach(plugin -> removedSinceStart.add(manifest.id()));
            LOG.atInfo().addKeyValue("plugin", manifest).log("Plugin installed; it takes effect at the next start");
            return info;
        } catch (IOException e) {
            throw new PluginException(
                    new PluginProblem(
                            zip.getFileName() + " could not be installed",
                            e.getClass().getSimpleName() + " " + e.getMessage(),
                            "Check permissions and room of the plugin folder, then install again."),
                    e);
        } finally {
            if (staged != null && staged.getParent() != null) {
                Folders.deleteQuietly(staged.getParent());
            }
        }
    }

    /**
     * Takes a plugin out of the plugin folder and keeps it in {@code .previous}; it stays in use until the next start.
     *
     * @throws PluginException when no plugin has that id
     */
    public synchronized void remove(String id) throws PluginException {
        Map<Path, PluginInfo> files = new HashMap<>();
        plugins().stream()
                .filter(info -> info.id().equals(id) && info.state() != PluginInfo.State.GONE_AT_RESTART)
                .forEach(info -> files.put(info.file(), info));
        if (files.isEmpty()) {
            throw new PluginException(
                    "The plugin '" + id + "' cannot be removed",
                    "no plugin with that id is installed",
                    "List the plugins to see their ids.");
        }
        try {
            for (Path file : files.keySet()) {
                folder.retire(file);
                refused.remove(file);
                installedSinceStart.remove(file);
            }
        } catch (IOException e) {
            throw new PluginException(
                    new PluginProblem(
                            "The plugin '" + id + "' could not be removed",
                            e.getClass().getSimpleName() + " " + e.getMessage(),
                            "Check permissions of the plugin folder, then remove it again."),
                    e);
        }
        removedSinceStart.add(id);
        LOG.atInfo().addKeyValue("plugin", id).log("Plugin removed; it is gone from the next start on");
    }

    private Optional<Path> installedAs(String id) {
        return plugins().stream()
                .filter(info -> info.manifest().map(PluginManifest::id).equals(Optional.of(id)))
                .map(PluginInfo::file)
                .filter(Files::exists)
                .findFirst();
    }

    /** Stops the plugins and closes their class loaders. The instances made by their factories must have been closed before. */
    @Override
    public synchronized void close() {
        for (LoadedPlugin plugin : loaded) {
            manager.unloadPlugin(plugin.manifest().id());
        }
        loaded.clear();
    }

    /** A file that passed verification. */
    private record Candidate(Path zip, Path content, PluginReport report) {
        PluginManifest manifest() {
            return report.manifest().orElseThrow();
        }
    }
}
