package io.tidemark.launcher.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SurroundingsTest {
    @TempDir
    private Path folder;

    private Surroundings start(String script, String... arguments) throws Exception {
        return Surroundings.start(program(script), List.of(arguments), folder.resolve("log"));
    }

    private Path program(String script) throws IOException {
        Path program = folder.resolve("demo-target");
        Files.writeString(program, "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return program;
    }

    @Test
    void it_says_what_to_connect_and_lives_until_its_input_ends() throws Exception {
        String script = """
                echo "{\\"kind\\": \\"cloud\\", \\"settings\\": {\\"place\\": \\"$1\\", \\"port\\": 17}}"
                while read line; do :; done
                echo gone > "$1/gone"
                """;
        try (Surroundings around = start(script, folder.toString())) {
            assertEquals("cloud", around.kind());
            assertEquals(Map.of("place", folder.toString(), "port", "17"), around.settings());
            assertTrue(around.isAlive());
            assertFalse(Files.exists(folder.resolve("gone")));
            around.close();
            assertFalse(around.isAlive());
            assertTrue(Files.exists(folder.resolve("gone")), "close waits until all is put away");
        }
    }

    @Test
    void one_that_fails_is_told_with_its_last_words() {
        DemoException refused = assertThrows(DemoException.class, () -> start("echo 'no docker here' >&2\nexit 3\n"));
        assertTrue(String.valueOf(refused.getMessage()).contains("no docker here"), refused::getMessage);
    }

    @Test
    void one_that_says_something_else_is_refused_and_ended() {
        for (String line :
                List.of("echo hello", "echo '{\"kind\": 7, \"settings\": {}}'", "echo '{\"kind\": \"x\"}'")) {
            DemoException refused =
                    assertThrows(DemoException.class, () -> start(line + "\nwhile read line; do :; done\n"));
            assertTrue(String.valueOf(refused.getMessage()).contains("did not say"), refused::getMessage);
        }
    }
}
