package io.tidemark.pluginhost;

/** The version of the SPI that this host offers: its own semantic version, raised with the SPI and not with the product. */
final class SpiVersion {
    // PF4J skips the check of plugin.requires when this is 0.0.0, so it never may be; a test holds it against the
    // plugin parent's range.
    static final String CURRENT = "0.1.0";

    private SpiVersion() {}
}
