package io.tidemark.target.aws.client;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Any text as the value of a tag. AWS takes letters, digits, spaces and {@code + - = . _ : / @} everywhere; all else, and {@code =}
 * itself, is written as {@code =XX} per byte of UTF-8.
 */
public final class TagText {
    /** Longest value of a tag, characters. */
    public static final int MAX_LENGTH = 256;

    private static final String PLAIN = "+-._:/@";
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private TagText() {}

    /** @throws IllegalArgumentException when the result is longer than AWS allows */
    public static String encode(String text) {
        StringBuilder encoded = new StringBuilder();
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            char character = (char) (each & 0xff);
            if (isPlain(character)) {
                encoded.append(character);
            } else {
                encoded.append('=').append(HEX.toHexDigits(each));
            }
        }
        if (encoded.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("'" + text + "' is too long for the value of a tag");
        }
        return encoded.toString();
    }

    /** @throws IllegalArgumentException when it is not what {@link #encode} makes */
    public static String decode(String encoded) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int at = 0;
        while (at < encoded.length()) {
            char character = encoded.charAt(at);
            if (character == '=') {
                if (at + 3 > encoded.length()) {
                    throw new IllegalArgumentException("'" + encoded + "' ends within an escape");
                }
                bytes.write(HexFormat.fromHexDigits(encoded, at + 1, at + 3));
                at += 3;
            } else {
                bytes.write(character);
                at++;
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static boolean isPlain(char character) {
        return (character >= 'a' && character <= 'z')
                || (character >= 'A' && character <= 'Z')
                || (character >= '0' && character <= '9')
                || PLAIN.indexOf(character) >= 0;
    }
}
