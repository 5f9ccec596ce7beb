package io.tidemark.target.aws.preflight;

import java.util.Optional;

/**
 * A block of IPv4 addresses.
 *
 * @param first its first address
 * @param bits length of the prefix
 */
record Cidr(long first, int bits) {
    /** @param text for example {@code 10.0.1.0/24} */
    static Cidr parse(String text) {
        int slash = text.indexOf('/');
        long address = address(text.substring(0, slash))
                .orElseThrow(() -> new IllegalArgumentException("'" + text + "' is no block of addresses"));
        return new Cidr(address, Integer.parseInt(text.substring(slash + 1)));
    }

    static Optional<Long> address(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return Optional.empty();
        }
        long address = 0;
        for (String part : parts) {
            if (!part.matches("[0-9]{1,3}") || Integer.parseInt(part) > 255) {
                return Optional.empty();
            }
            address = address << 8 | Integer.parseInt(part);
        }
        return Optional.of(address);
    }

    /** Whether an instance can have the address: AWS keeps the first four and the last of each subnet. */
    boolean canAssign(long address) {
        long size = 1L << (32 - bits);
        long offset = address - first;
        return offset >= 4 && offset < size - 1;
    }
}
