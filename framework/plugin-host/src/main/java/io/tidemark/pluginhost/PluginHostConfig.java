package io.tidemark.pluginhost;

import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Map;

/**
 * Settings of the plugin host.
 *
 * @param pluginDirectory holds the installed zips; may be shared by several processes; made when it does not exist
 * @param workDirectory belongs to this process alone; its contents are replaced at every start
 * @param publisherKeys Ed25519 keys by the publisher's name, got by the operator over another way than the plugin
 */
public record PluginHostConfig(
        Path pluginDirectory, Path workDirectory, Map<String, PublicKey> publisherKeys, SignaturePolicy signatures) {
    public PluginHostConfig {
        publisherKeys = Map.copyOf(publisherKeys);
        if (signatures == SignaturePolicy.REQUIRED && publisherKeys.isEmpty()) {
            throw new IllegalArgumentException("signatures are required but no publisher key is configured");
        }
    }

    /** No publisher keys, signatures not asked for. */
    public static PluginHostConfig unsigned(Path pluginDirectory, Path workDirectory) {
        return new PluginHostConfig(pluginDirectory, workDirectory, Map.of(), SignaturePolicy.IF_PRESENT);
    }

    /** Whether a plugin without a signature is taken. */
    public enum SignaturePolicy {
        /** A signature that lies beside the zip must be good; none is fine. */
        IF_PRESENT,
        /** Every plugin must be signed by a configured publisher. */
        REQUIRED
    }
}
