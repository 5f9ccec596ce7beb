package io.tidemark.server.identity;

import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.transport.SiteIdentity;
import java.nio.file.Path;

/**
 * The site that this server is.
 *
 * @param certificateFile PEM file of the certificate, for clients that must trust it
 * @param keyFile PEM file of the private key, readable by the owner only
 */
public record LocalSite(SiteId id, String name, SiteIdentity identity, Path certificateFile, Path keyFile) {}
