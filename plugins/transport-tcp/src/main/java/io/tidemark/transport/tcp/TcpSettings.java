package io.tidemark.transport.tcp;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.ConfigSpec.Secrecy;
import io.tidemark.spi.plugin.ProviderConfig;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Settings of one instance.
 *
 * @param sendBufferBytes what a channel queues before it answers back-pressure; 64 KiB to 1 GiB
 * @param idleTimeoutMillis silence after which a peer is taken for dead; 200 ms to 10 minutes
 */
record TcpSettings(long sendBufferBytes, long idleTimeoutMillis) {
    static final String SEND_BUFFER = "send-buffer-bytes";
    static final String IDLE_TIMEOUT = "idle-timeout-ms";
    static final ConfigSpec SPEC = new ConfigSpec(List.of(
            new ConfigSpec.Key(
                    SEND_BUFFER,
                    "Bytes that a channel queues for sending before it answers back-pressure; 65536 to 1073741824.",
                    Optional.of("8388608"),
                    Secrecy.PLAIN),
            new ConfigSpec.Key(
                    IDLE_TIMEOUT,
                    "Milliseconds of silence after which the peer is taken for dead and the channel closed; 200 to 600000. "
                            + "Pings go out every third of it, so both sites should have the same value.",
                    Optional.of("10000"),
                    Secrecy.PLAIN)));

    static TcpSettings from(ProviderConfig config) throws ProviderException {
        return new TcpSettings(
                number(config, SEND_BUFFER, 64 << 10, 1L << 30), number(config, IDLE_TIMEOUT, 200, 600_000));
    }

    private static long number(ProviderConfig config, String key, long least, long most) throws ProviderException {
        String text = config.require(key);
        try {
            long value = Long.parseLong(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw rejected(key, text, least, most, e);
        }
        throw rejected(key, text, least, most, null);
    }

    private static ProviderException rejected(
            String key, String text, long least, long most, @Nullable Throwable cause) {
        return new ProviderException(
                FailureKind.REJECTED,
                "The setting '" + key + "' of the transport is '" + text + "'",
                "it must be a whole number from " + least + " to " + most,
                "Correct it in the site's configuration.",
                cause);
    }
}
