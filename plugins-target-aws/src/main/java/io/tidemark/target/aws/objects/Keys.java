package io.tidemark.target.aws.objects;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.target.aws.client.AwsFailures;
import java.util.regex.Pattern;

/** The rule for keys, as the interface has it. */
final class Keys {
    private static final Pattern PART = Pattern.compile("[A-Za-z0-9._=-]+");
    private static final int MAX_LENGTH = 512;

    private Keys() {}

    static boolean isValid(String key) {
        if (key.isEmpty() || key.length() > MAX_LENGTH) {
            return false;
        }
        for (String part : key.split("/", -1)) {
            if (!PART.matcher(part).matches() || part.equals(".") || part.equals("..")) {
                return false;
            }
        }
        return true;
    }

    static void require(String key) throws ProviderException {
        if (!isValid(key)) {
            throw AwsFailures.rejected(
                    "Object '" + key + "' was not looked at",
                    "that is no key: letters, digits and / . _ - = only, at most 512, no empty part",
                    "Use another key.");
        }
    }
}
