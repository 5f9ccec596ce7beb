package io.tidemark.pluginhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The grammar of plugin.requires. */
final class VersionRangeTest {
    @ParameterizedTest
    @CsvSource({
        ">=0.1.0 & <0.2.0, 0.1.0, true",
        ">=0.1.0 & <0.2.0, 0.1.9, true",
        ">=0.1.0 & <0.2.0, 0.2.0, false",
        ">=0.1.0&<0.2.0, 0.0.9, false",
        ">0.1.0, 0.1.0, false",
        ">0.1.0, 0.10.0, true",
        "<=1.0.0, 1.0.0, true",
        "=1.0.0, 1.0.1, false",
        ">= 1.9.0, 1.10.0, true"
    })
    void a_range_contains_what_its_comparators_say(String range, String version, boolean contained)
            throws PluginException {
        assertEquals(contained, VersionRange.parse(range).contains(version));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1.0.0",
                "^1.0.0",
                "~1.0.0",
                ">=1.0",
                ">=1.x.0",
                "*",
                ">=1.0.0 |<2.0.0",
                ">=1.0.0 &",
                "=>1.0.0",
                ">=1.0.0-beta"
            })
    void anything_else_is_refused_with_a_way_to_write_it(String range) {
        PluginException refused = assertThrows(PluginException.class, () -> VersionRange.parse(range));
        assertEquals(true, refused.problem().remedy().contains("plugin.requires=>="));
    }

    @Test
    void the_version_of_the_interface_is_set() {
        // PF4J runs everything when it is 0.0.0.
        assertNotEquals("0.0.0", SpiVersion.CURRENT);
    }
}
