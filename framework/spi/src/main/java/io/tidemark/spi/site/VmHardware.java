package io.tidemark.spi.site;

import java.util.Optional;

/**
 * What a recovered VM needs to be like its origin: a neutral part that every target understands, and the hypervisor's own document,
 * which a target of the same kind uses and every other ignores.
 *
 * @param memoryBytes &gt; 0
 * @param processors virtual processors, ≥ 1
 */
public record VmHardware(long memoryBytes, int processors, Optional<NativeDefinition> nativeDefinition) {
    /**
     * The hypervisor's own description of the VM.
     *
     * @param format names the document's language; a target that does not know it ignores the document
     */
    public record NativeDefinition(String format, String document) {}
}
