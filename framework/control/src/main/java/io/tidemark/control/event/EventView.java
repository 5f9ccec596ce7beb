package io.tidemark.control.event;

import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import java.time.Instant;
import java.util.Optional;

/**
 * Something that happened.
 *
 * @param id grows with every event of this site, across restarts
 * @param topic {@code site}, {@code vpg}, {@code checkpoint}, {@code recovery}, {@code task}, {@code alert} or {@code hypervisor}
 * @param subject id of what it is about beyond VPG and VM, for example a task; may be empty
 */
public record EventView(
        long id,
        Instant time,
        Severity severity,
        String topic,
        Optional<VpgId> vpg,
        Optional<VmId> vm,
        String subject,
        String text) {}
