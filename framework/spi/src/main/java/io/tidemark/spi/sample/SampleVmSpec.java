package io.tidemark.spi.sample;

import java.util.List;

/**
 * A sample VM.
 *
 * @param name free on the site
 * @param diskSizesBytes one per disk, each at least 8 MiB and a multiple of 1 MiB
 */
public record SampleVmSpec(String name, List<Long> diskSizesBytes) {
    public SampleVmSpec {
        diskSizesBytes = List.copyOf(diskSizesBytes);
    }
}
