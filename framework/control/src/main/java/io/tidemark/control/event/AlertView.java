package io.tidemark.control.event;

import io.tidemark.spi.id.VpgId;
import java.time.Instant;
import java.util.Optional;

/**
 * Something that is wrong now. It closes by itself when it no longer is.
 *
 * @param key the same for the same condition as long as it is open
 * @param code for example {@code TDM-A02}
 * @param text what happened, why, what to do
 */
public record AlertView(
        String key, String code, Severity severity, Optional<VpgId> vpg, Instant openedAt, String text) {}
