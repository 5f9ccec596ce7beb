package io.tidemark.launcher.demo;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code demo}: the whole story on this machine. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Protects VMs that keep a ledger at one site, lets ransomware loose on them, and brings them back at the other site at the"
                    + " second before the damage.",
            "Removes everything that it made when it ends, also on Ctrl-C."
        })
public final class DemoCommand implements Callable<Integer> {
    @Option(
            names = "--hypervisor",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = {
                "What the VMs run on: auto (default: real VMs where they can run, else simulated ones), kvm, sim, or a",
                "NAME for which the project has plugins-hypervisor-NAME/demo-site."
            })
    private String hypervisor = "auto";

    @Option(
            names = "--target",
            paramLabel = "NAME",
            description = {
                "Where the VMs are recovered to: a NAME for which the project has plugins-target-NAME/demo-target",
                "(default: the same hypervisor at the other site)."
            })
    private @Nullable String target;

    @Option(names = "--headless", description = "Wait for no key; exit code 0 only if everything was verified.")
    private boolean headless;

    @Option(names = "--report", paramLabel = "FILE", description = "Write the measured figures there, as JSON.")
    private @Nullable Path report;

    @Override
    public Integer call() {
        Narrator narrator = new Narrator(headless ? Narrator.Pace.HEADLESS : Narrator.Pace.INTERACTIVE);
        DemoWorld.Choice choice = new DemoWorld.Choice(hypervisor, Optional.ofNullable(target));
        return new Demo(narrator, ProjectHome.ofSystemProperty()).run(choice, Optional.ofNullable(report));
    }
}
