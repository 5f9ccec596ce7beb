package io.tidemark.server.rest;

import io.tidemark.pluginhost.PluginHost;
import io.tidemark.server.host.HypervisorInstances;
import io.tidemark.server.identity.LocalSite;
import io.tidemark.server.peer.PeerMesh;
import java.nio.file.Path;
import java.util.concurrent.Executor;

/**
 * What the API works on.
 *
 * @param version of this server
 * @param uploads folder for files while they are received; exists
 * @param executor gives each operation a virtual thread of its own
 */
public record ApiContext(
        LocalSite self,
        String version,
        SiteControl control,
        PeerMesh mesh,
        HypervisorInstances hypervisors,
        PluginHost plugins,
        Path uploads,
        Executor executor) {}
