package io.tidemark.hypervisor.vsphere.filter;

import io.tidemark.hypervisor.vsphere.filter.protocol.AttachMode;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterProtocol;
import java.time.Duration;

/**
 * How to attach to a disk.
 *
 * @param disk its id from the list of disks
 * @param timeLimit how long a guest's write waits for this filter at most; 1 ms to 2 s
 * @param windowBytes how much may be handed out and not completed: the memory that an attachment costs on either side
 */
public record AttachSpec(String disk, AttachMode mode, Duration timeLimit, int windowBytes) {
    /** Holds writes, with the usual limits. */
    public static AttachSpec of(String disk) {
        return new AttachSpec(
                disk, AttachMode.HOLD, FilterProtocol.DEFAULT_TIME_LIMIT, FilterProtocol.DEFAULT_WINDOW_BYTES);
    }
}
