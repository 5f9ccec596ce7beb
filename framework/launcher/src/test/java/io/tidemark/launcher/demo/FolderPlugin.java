package io.tidemark.launcher.demo;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Packs the folder target of these tests as a plugin. */
final class FolderPlugin {
    private FolderPlugin() {}

    /** As a plugin's build packs it. */
    static Path writeTo(Path zip) throws IOException {
        ByteArrayOutputStream jar = new ByteArrayOutputStream();
        String classes = "io/tidemark/launcher/foldertarget/";
        try (ZipOutputStream out = new ZipOutputStream(jar);
                Stream<Path> all = Files.list(Path.of("target", "test-classes").resolve(classes))) {
            for (Path each : all.toList()) {
                add(out, classes + each.getFileName(), Files.readAllBytes(each));
            }
            String factory = classes.replace('/', '.') + "FolderTargetFactory";
            add(out, "META-INF/extensions.idx", (factory + "\n").getBytes(StandardCharsets.UTF_8));
        }
        String manifest = """
                plugin.id=target-folder
                plugin.version=1.0.0
                plugin.provider=Tidemark
                plugin.license=Apache-2.0
                plugin.requires=>=0.1.0 & <0.2.0
                plugin.description=A folder, for tests
                """;
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            add(out, "plugin.properties", manifest.getBytes(StandardCharsets.UTF_8));
            add(out, "lib/target-folder.jar", jar.toByteArray());
        }
        return zip;
    }

    private static void add(ZipOutputStream out, String name, byte[] content) throws IOException {
        out.putNextEntry(new ZipEntry(name));
        out.write(content);
        out.closeEntry();
    }
}
