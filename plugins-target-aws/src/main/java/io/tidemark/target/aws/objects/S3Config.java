package io.tidemark.target.aws.objects;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.target.aws.client.Access;
import io.tidemark.target.aws.client.Settings;
import java.util.ArrayList;
import java.util.List;

/**
 * The settings of one store.
 *
 * @param prefix of all keys in the bucket; empty, or ends with a slash
 * @param pathStyle bucket in the path and not in the host name
 * @param partBytes size of the parts of large objects; smaller objects are put in one piece
 * @param parallelParts on their way at once, over all uploads; each keeps {@code partBytes} of memory
 */
record S3Config(Access access, String bucket, String prefix, boolean pathStyle, int partBytes, int parallelParts) {
    static final ConfigSpec SPEC = new ConfigSpec(keys());

    private static List<ConfigSpec.Key> keys() {
        List<ConfigSpec.Key> keys = new ArrayList<>(Settings.ACCESS_KEYS);
        keys.add(Settings.required("bucket", "Name of a bucket that exists."));
        keys.add(Settings.optional("prefix", "Folder of the bucket for all objects. Default: the whole bucket.", ""));
        keys.add(Settings.optional(
                "path-style",
                "true: the bucket is part of the path; false: of the host name. Default: true with an endpoint of your own.",
                ""));
        keys.add(Settings.optional("part-mebibytes", "Size of the parts of large objects, 5 to 512 MiB.", "16"));
        keys.add(Settings.optional("parallel-parts", "Parts on their way at once, 1 to 64.", "4"));
        return keys;
    }

    static S3Config of(ProviderConfig config) throws ProviderException {
        Settings settings = new Settings("The object store", config);
        Access access = settings.access();
        String bucket = settings.require("bucket");
        if (!bucket.matches("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")) {
            throw settings.refused("bucket", "'" + bucket + "' is no name of a bucket");
        }
        String prefix = settings.text("prefix").orElse("").replaceAll("^/+|/+$", "");
        if (!prefix.isEmpty() && !Keys.isValid(prefix)) {
            throw settings.refused(
                    "prefix", "'" + prefix + "' holds other characters than letters, digits and / . _ - =");
        }
        String pathStyle = settings.choice(
                "path-style", access.endpoint().isPresent() ? "true" : "false", List.of("true", "false"));
        return new S3Config(
                access,
                bucket,
                prefix.isEmpty() ? "" : prefix + "/",
                pathStyle.equals("true"),
                settings.number("part-mebibytes", 16, 5, 512) << 20,
                settings.number("parallel-parts", 4, 1, 64));
    }
}
