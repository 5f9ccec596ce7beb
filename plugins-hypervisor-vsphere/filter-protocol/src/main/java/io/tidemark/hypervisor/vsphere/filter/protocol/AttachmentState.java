package io.tidemark.hypervisor.vsphere.filter.protocol;

import java.util.Optional;

/**
 * What the host knows of an attachment.
 *
 * @param gap why it ended; empty while it misses nothing
 * @param issuedSequence of what was handed out last; 0 for nothing yet
 * @param completedSequence up to which the host knows everything completed
 * @param powered whether the VM runs
 * @param powerOns how often the VM was started while the host had the disk
 * @param detail for the operator
 */
public record AttachmentState(
        long attachment,
        Optional<GapCause> gap,
        long issuedSequence,
        long completedSequence,
        boolean powered,
        int powerOns,
        String detail) {}
