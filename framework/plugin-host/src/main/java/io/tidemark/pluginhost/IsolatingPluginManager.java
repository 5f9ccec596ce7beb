package io.tidemark.pluginhost;

import java.nio.file.Path;
import java.util.List;
import org.pf4j.AbstractPluginManager;
import org.pf4j.DefaultExtensionFactory;
import org.pf4j.DefaultPluginFactory;
import org.pf4j.ExtensionFactory;
import org.pf4j.ExtensionFinder;
import org.pf4j.IndexedExtensionFinder;
import org.pf4j.PluginDescriptor;
import org.pf4j.PluginDescriptorFinder;
import org.pf4j.PluginFactory;
import org.pf4j.PluginLoader;
import org.pf4j.PluginRepository;
import org.pf4j.PluginStatusProvider;
import org.pf4j.PropertiesPluginDescriptorFinder;
import org.pf4j.RuntimeMode;
import org.pf4j.VersionManager;

/**
 * PF4J with the parts replaced where it would guess: it loads only folders that it is told to, through {@link IsolatedClassLoader},
 * knows the SPI's version, and has no development mode that a system property could switch on.
 */
final class IsolatingPluginManager extends AbstractPluginManager {
    IsolatingPluginManager(Path unpackedRoot) {
        super(unpackedRoot);
        setSystemVersion(SpiVersion.CURRENT);
        // Off, PF4J reads "1.2.3" as ">=1.2.3".
        setExactVersionAllowed(true);
    }

    @Override
    public RuntimeMode getRuntimeMode() {
        return RuntimeMode.DEPLOYMENT;
    }

    @Override
    protected PluginRepository createPluginRepository() {
        return new NoRepository();
    }

    @Override
    protected PluginFactory createPluginFactory() {
        return new DefaultPluginFactory();
    }

    @Override
    protected ExtensionFactory createExtensionFactory() {
        return new DefaultExtensionFactory();
    }

    @Override
    protected PluginDescriptorFinder createPluginDescriptorFinder() {
        return new PropertiesPluginDescriptorFinder();
    }

    @Override
    protected ExtensionFinder createExtensionFinder() {
        IndexedExtensionFinder finder = new IndexedExtensionFinder(this);
        addPluginStateListener(finder);
        return finder;
    }

    @Override
    protected PluginStatusProvider createPluginStatusProvider() {
        return new AlwaysEnabled();
    }

    @Override
    protected PluginLoader createPluginLoader() {
        return new IsolatingLoader();
    }

    @Override
    protected VersionManager createVersionManager() {
        return new RangeVersionManager();
    }

    /** Makes the class loader. */
    private final class IsolatingLoader implements PluginLoader {
        @Override
        public boolean isApplicable(Path pluginPath) {
            return true;
        }

        @Override
        public ClassLoader loadPlugin(Path pluginPath, PluginDescriptor descriptor) {
            return new IsolatedClassLoader(IsolatingPluginManager.this, descriptor, pluginPath);
        }
    }

    /** Finds nothing by itself: {@link PluginHost} says what to load, after verification. */
    private static final class NoRepository implements PluginRepository {
        @Override
        public List<Path> getPluginPaths() {
            return List.of();
        }

        @Override
        public boolean deletePluginPath(Path pluginPath) {
            return false;
        }
    }

    /** A plugin is in the folder or it is not. */
    private static final class AlwaysEnabled implements PluginStatusProvider {
        @Override
        public boolean isPluginDisabled(String pluginId) {
            return false;
        }

        @Override
        public void disablePlugin(String pluginId) {
            throw new UnsupportedOperationException("remove the plugin instead: " + pluginId);
        }

        @Override
        public void enablePlugin(String pluginId) {
            throw new UnsupportedOperationException("install the plugin instead: " + pluginId);
        }
    }

    /** Understands what {@link VersionRange} does; a range that it refuses never gets here. */
    private static final class RangeVersionManager implements VersionManager {
        @Override
        public boolean checkVersionConstraint(String version, String constraint) {
            try {
                return VersionRange.parse(constraint).contains(version);
            } catch (PluginException e) {
                throw new IllegalStateException("the range was verified before: " + constraint, e);
            }
        }

        @Override
        public int compareVersions(String left, String right) {
            throw new UnsupportedOperationException("plugins have no dependencies on each other");
        }
    }
}
