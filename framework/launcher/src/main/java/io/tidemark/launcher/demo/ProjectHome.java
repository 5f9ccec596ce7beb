package io.tidemark.launcher.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The project's folder, named by the launcher script in the system property {@code tidemark.home}: where plugins keep the programs that
 * bring up what the demo needs of them, {@code plugins-target-NAME/demo-target} and {@code plugins-hypervisor-NAME/demo-site}.
 *
 * @param folder empty when the demo is run without the script: then there are no such programs
 */
record ProjectHome(Optional<Path> folder) {
    /** Kinds of programs. */
    enum Role {
        TARGET("plugins-target-", "demo-target"),
        SITE("plugins-hypervisor-", "demo-site");

        private final String prefix;
        private final String program;

        Role(String prefix, String program) {
            this.prefix = prefix;
            this.program = program;
        }
    }

    static ProjectHome ofSystemProperty() {
        return new ProjectHome(Optional.ofNullable(System.getProperty("tidemark.home"))
                .filter(name -> !name.isBlank())
                .map(Path::of));
    }

    /**
     * The program of a name.
     *
     * @param others names that need no program
     * @throws DemoException that says which names there are
     */
    Path program(Role role, String option, String name, List<String> others) throws DemoException {
        Optional<Path> found =
                folder.map(home -> home.resolve(role.prefix + name).resolve(role.program));
        // A name is a part of a file's name, and no way through folders.
        if (name.matches("[A-Za-z0-9][A-Za-z0-9._-]*") && found.isPresent() && Files.isExecutable(found.get())) {
            return found.get();
        }
        List<String> known = new ArrayList<>(others);
        known.addAll(names(role));
        throw new DemoException("there is no " + option + " '" + name + "': no executable " + role.prefix + name + "/"
                + role.program + " in "
                + folder.map(Path::toString).orElse("the project's folder, because ./tidemark did not start this")
                + ". There is: " + (known.isEmpty() ? "none" : String.join(", ", known)));
    }

    /** Names that have a program, in order. */
    List<String> names(Role role) {
        if (folder.isEmpty()) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder.get())) {
            TreeSet<String> names = new TreeSet<>();
            all.filter(each -> each.getFileName().toString().startsWith(role.prefix))
                    .filter(each -> Files.isExecutable(each.resolve(role.program)))
                    .forEach(each -> names.add(each.getFileName().toString().substring(role.prefix.length())));
            return List.copyOf(names);
        } catch (IOException e) {
            return List.of(); // Only for a list in a message that says already what is wrong.
        }
    }
}
