package io.tidemark.target.aws.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class CidrTest {
    private static boolean canAssign(String block, String address) {
        return Cidr.parse(block).canAssign(Cidr.address(address).orElseThrow());
    }

    @Test
    void awsKeepsTheFirstFourAndTheLast() {
        for (String taken : List.of("10.0.1.0", "10.0.1.3", "10.0.1.255", "10.0.0.9", "10.0.2.4", "9.255.255.255")) {
            assertFalse(canAssign("10.0.1.0/24", taken), taken);
        }
        assertTrue(canAssign("10.0.1.0/24", "10.0.1.4"));
        assertTrue(canAssign("10.0.1.0/24", "10.0.1.254"));
        assertTrue(canAssign("200.0.0.0/16", "200.0.255.254"));
    }

    @Test
    void whatIsNoAddressIsNone() {
        for (String text : List.of("", "10.0.0", "10.0.0.256", "10.0.0.1.2", "10.0.0.x", "::1", "10..0.1")) {
            assertEquals(Optional.empty(), Cidr.address(text), text);
        }
    }
}
