package io.tidemark.spi.site;

import io.tidemark.spi.id.VolumeId;

/**
 * One virtual disk that can be protected.
 *
 * @param device the guest-side position, for example {@code vda}; stable for the life of the disk
 * @param sizeBytes capacity as the guest sees it; a multiple of 512
 * @param format how the hypervisor stores it, for people
 * @param location where the hypervisor stores it, for people
 */
public record VolumeDescription(VolumeId id, String device, long sizeBytes, String format, String location) {}
