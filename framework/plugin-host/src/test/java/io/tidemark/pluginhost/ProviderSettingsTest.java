package io.tidemark.pluginhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.ConfigSpec.Secrecy;
import io.tidemark.spi.plugin.ProviderKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Settings are checked before a plugin sees them. */
final class ProviderSettingsTest {
    private static final ProviderKind KIND = new ProviderKind("acme");
    private static final ConfigSpec SPEC = new ConfigSpec(List.of(
            new ConfigSpec.Key("url", "Where it is.", Optional.empty(), Secrecy.PLAIN),
            new ConfigSpec.Key("password", "How to get in.", Optional.empty(), Secrecy.SECRET),
            new ConfigSpec.Key("timeout-ms", "Milliseconds.", Optional.of("500"), Secrecy.PLAIN)));

    @Test
    void defaults_are_filled_in() throws ProviderException {
        assertEquals(
                Map.of("url", "u", "password", "p", "timeout-ms", "500"),
                ProviderSettings.validated(KIND, SPEC, Map.of("url", "u", "password", "p"))
                        .values());
    }

    @Test
    void unknown_and_missing_keys_are_named_and_values_are_not() {
        ProviderException unknown = assertThrows(
                ProviderException.class,
                () -> ProviderSettings.validated(KIND, SPEC, Map.of("pasword", "hunter2", "url", "u")));
        assertEquals(FailureKind.REJECTED, unknown.kind());
        assertTrue(
                unknown.toString().contains("'pasword'") && unknown.toString().contains("'password'"));
        assertFalse(unknown.toString().contains("hunter2"));
        ProviderException missing =
                assertThrows(ProviderException.class, () -> ProviderSettings.validated(KIND, SPEC, Map.of()));
        assertTrue(missing.why().contains("'password', 'url'"), missing.why());
        assertTrue(missing.remedy().contains("How to get in."), missing.remedy());
    }
}
