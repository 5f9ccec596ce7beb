package io.tidemark.cli;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code tidemark}: its sub-commands, and how failures end it. */
@Command(
        name = "tidemark",
        mixinStandardHelpOptions = true,
        version = "tidemark 0.1.0",
        description = "Continuous data protection and disaster recovery for virtual machines.",
        footer = {
            "",
            "On a server's own machine: 'tidemark server' runs a site, 'tidemark demo' shows the whole story and cleans up after itself.",
            "",
            "Exit codes: 0 done, 1 error, 2 usage, 3 not found, 4 not authenticated, 5 conflict, 6 task failed, 7 timed out waiting,",
            "8 service level breached (status --check)."
        })
public final class TidemarkCli implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private TidemarkCli() {}

    /** Runs one command line in this process. */
    public static void main(String[] arguments) {
        System.exit(run(
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                new InputStreamReader(System.in, StandardCharsets.UTF_8),
                System.getenv(),
                arguments));
    }

    /**
     * Runs one command line.
     *
     * @param out takes results
     * @param err takes progress, questions and failures
     * @param in answers questions
     * @param environment may have TIDEMARK_URL, TIDEMARK_TOKEN, TIDEMARK_CERTIFICATE
     * @return the exit code
     */
    public static int run(
            PrintWriter out, PrintWriter err, Reader in, Map<String, String> environment, String... arguments) {
        try (Session session = new Session(out, err, new BufferedReader(in), environment)) {
            int code = commandLine(session).execute(arguments);
            out.flush();
            err.flush();
            return code;
        }
    }

    private static CommandLine commandLine(Session session) {
        CommandLine line = new CommandLine(new TidemarkCli())
                .addMixin("session", session)
                .addSubcommand(new SiteCommand(session))
                .addSubcommand(new HypervisorCommand(session))
                .addSubcommand(new VmCommand(session))
                .addSubcommand(new VpgCommand(session))
                .addSubcommand(new CheckpointCommand(session))
                .addSubcommand(new RecoveryCommand(session))
                .addSubcommand(new TaskCommand(session))
                .addSubcommand(new EventCommand(session))
                .addSubcommand(new PluginCommand(session))
                .addSubcommand(new StatusCommand(session));
        line.setOut(session.out);
        line.setErr(session.err);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((failure, command, parsed) -> fail(session, failure));
        line.setParameterExceptionHandler((failure, given) -> misused(session, failure));
        return line;
    }

    /** Without a sub-command there is nothing to do but to explain. */
    @Override
    public void run() {
        throw new ParameterException(
                Objects.requireNonNull(spec, "picocli sets it before the call").commandLine(), "Which command?");
    }

    private static int misused(Session session, ParameterException failure) {
        session.err.println(failure.getMessage());
        session.err.println(
                "Run '" + failure.getCommandLine().getCommandSpec().qualifiedName() + " --help' for how to use it.");
        return ExitCode.USAGE.number();
    }

    private static int fail(Session session, Exception failure) throws Exception {
        return switch (failure) {
            case Failure known -> {
                tell(session, known.happened(), known.why(), known.remedy());
                yield known.code().number();
            }
            case ApiException problem -> {
                tell(session, problem.title(), problem.detail(), problem.remedy());
                problem.fieldErrors().forEach(place -> session.err.println("    " + place));
                session.err.println("  code:        " + problem.code());
                yield ExitCode.of(problem).number();
            }
            case IllegalArgumentException wrong -> {
                tell(session, "The command was not understood", String.valueOf(wrong.getMessage()), "Correct it.");
                yield ExitCode.USAGE.number();
            }
            case java.io.IOException file -> {
                tell(
                        session,
                        "A file could not be used",
                        file.getClass().getSimpleName() + " " + file.getMessage(),
                        "Check its path and permissions.");
                yield ExitCode.ERROR.number();
            }
            default -> throw failure;
        };
    }

    private static void tell(Session session, String happened, String why, String remedy) {
        session.err.println("Error: " + happened + ".");
        session.err.println("  why:         " + why);
        session.err.println("  what to do:  " + remedy);
    }
}
