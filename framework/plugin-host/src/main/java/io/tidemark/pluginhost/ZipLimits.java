package io.tidemark.pluginhost;

/**
 * Bounds on a plugin file, far above any honest plugin, so that a hostile or broken one cannot fill disk or memory.
 *
 * @param zipBytes of the file
 * @param unpackedBytes of all entries together, counted while they are read: what headers say is not believed
 * @param entries in the zip
 */
record ZipLimits(long zipBytes, long unpackedBytes, int entries) {
    static final ZipLimits DEFAULT = new ZipLimits(256L << 20, 1L << 30, 10_000);
    static final int MANIFEST_BYTES = 64 << 10;
}
