package io.tidemark.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The plugin zips that ship with this build, named by the launcher script in the system property {@code tidemark.plugins}. */
public final class BundledPlugins {
    private BundledPlugins() {}

    /** Copies them into a folder, over older ones of the same name; the folder is made if there is none. */
    public static void copyTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (Path zip : zips()) {
            Files.copy(zip, folder.resolve(zip.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static List<Path> zips() {
        return Arrays.stream(System.getProperty("tidemark.plugins", "").split(":"))
                .filter(name -> !name.isBlank())
                .map(Path::of)
                .filter(Files::exists)
                .toList();
    }

    /** The arguments of a server: where none names a plugin folder, one beside its data with the bundled plugins is added. */
    static String[] orNamed(String[] arguments) {
        List<String> given = Arrays.asList(arguments);
        boolean named =
                given.stream().anyMatch(argument -> argument.equals("--plugins") || argument.startsWith("--plugins="));
        int data = given.indexOf("--data");
        if (named || data < 0 || data + 1 >= given.size()) {
            return arguments;
        }
        Path folder = Path.of(given.get(data + 1)).resolve("plugins");
        try {
            copyTo(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("The plugins that ship with Tidemark cannot be copied to " + folder, e);
        }
        return Stream.concat(given.stream(), Stream.of("--plugins", folder.toString()))
                .toArray(String[]::new);
    }
}
