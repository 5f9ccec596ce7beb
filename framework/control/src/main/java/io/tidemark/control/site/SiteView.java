package io.tidemark.control.site;

import io.tidemark.spi.id.SiteId;

/** This site. */
public record SiteView(SiteId id, String name) {}
