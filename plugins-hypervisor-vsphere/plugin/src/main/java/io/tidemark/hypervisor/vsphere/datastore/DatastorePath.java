package io.tidemark.hypervisor.vsphere.datastore;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A file or folder of a datastore.
 *
 * @param datastore its name
 * @param path without a slash in front; empty for the datastore's root
 */
public record DatastorePath(String datastore, String path) {
    private static final Pattern FORM = Pattern.compile("\\[([^\\]]+)\\]\\s*(.*)", Pattern.DOTALL);

    /** Parses {@code [store] folder/file}. */
    public static Optional<DatastorePath> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        return matcher.matches()
                ? Optional.of(new DatastorePath(matcher.group(1), matcher.group(2)))
                : Optional.empty();
    }

    public DatastorePath child(String name) {
        return new DatastorePath(datastore, path.isEmpty() ? name : path + "/" + name);
    }

    /** The folder that it is in. */
    public DatastorePath parent() {
        return new DatastorePath(datastore, path.contains("/") ? path.substring(0, path.lastIndexOf('/')) : "");
    }

    public String fileName() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Path and query of the vCenter's HTTPS access to it. */
    String url(String datacenter) {
        String encoded =
                Arrays.stream(path.split("/")).map(DatastorePath::encode).collect(Collectors.joining("/"));
        return "/folder/" + encoded + "?dcPath=" + encode(datacenter) + "&dsName=" + encode(datastore);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public String toString() {
        return "[" + datastore + "] " + path;
    }
}
