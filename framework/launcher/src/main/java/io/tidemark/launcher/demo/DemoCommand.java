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
    /** Which hypervisor the demo's VMs run on. */
    enum Choice {
        /** Real VMs where they can run, else simulated ones. */
        auto,
        kvm,
        sim
    }

    @Option(
            names = "--hypervisor",
            defaultValue = "auto",
            description =
                    "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}: real VMs where they can run, else simulated ones).")
    private Choice hypervisor = Choice.auto;

    @Option(names = "--headless", description = "Wait for no key; exit code 0 only if everything was verified.")
    private boolean headless;

    @Option(names = "--report", paramLabel = "FILE", description = "Write the measured figures there, as JSON.")
    private @Nullable Path report;

    @Override
    public Integer call() {
        Narrator narrator = new Narrator(headless ? Narrator.Pace.HEADLESS : Narrator.Pace.INTERACTIVE);
        return new Demo(narrator).run(hypervisor, Optional.ofNullable(report));
    }
}
