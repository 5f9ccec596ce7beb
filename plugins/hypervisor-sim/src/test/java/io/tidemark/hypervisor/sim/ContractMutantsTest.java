package io.tidemark.hypervisor.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VolumeDescription;
import io.tidemark.tck.hypervisor.HypervisorContract;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Each contract suite fails on hypervisors that are wrong on purpose, and by the test that is meant for the mistake. */
final class ContractMutantsTest {
    /** What a mutant never does is waited for in vain this long. */
    private static final Duration IMPATIENT = Duration.ofSeconds(2);

    private static final Duration PATIENT = Duration.ofSeconds(30);

    /** @param caughtBy names of tests that have to fail, among others that may */
    private record Mutant(String mistake, UnaryOperator<HypervisorSite> mutation, List<String> caughtBy) {
        Mutant(String mistake, UnaryOperator<HypervisorSite> mutation, String... caughtBy) {
            this(mistake, mutation, List.of(caughtBy));
        }
    }

    /** Control: what stands between suite and hypervisor is not itself what fails. */
    @TestFactory
    Stream<DynamicTest> nothingWrong() {
        Wrong.Behaviour right = (arguments, same) -> same.call();
        UnaryOperator<HypervisorSite> nothing = site -> Stream.<UnaryOperator<HypervisorSite>>of(
                        Wrong.inventory("find", right),
                        Wrong.compute("power", right),
                        Wrong.capture(right),
                        Wrong.reader(right),
                        Wrong.recovery("create", right),
                        console("append", right))
                .reduce(site, (wrapped, next) -> next.apply(wrapped), (one, other) -> other);
        return MutatedSuites.ALL.stream()
                .map(suite -> dynamicTest(
                        suite.getSimpleName(),
                        () -> assertEquals(Set.of(), MutatedSuites.failuresOf(suite, nothing, PATIENT))));
    }

    @TestFactory
    Stream<DynamicTest> provider() {
        return run(
                MutatedSuites.Provider.class,
                new Mutant(
                        "is always well",
                        Wrong.site("checkHealth", (none, right) -> null),
                        "unreachableFarEndIsNotHealthy"),
                new Mutant(
                        "has no description",
                        Wrong.site("description", (none, right) -> " "),
                        "openedSiteIsHealthyAndSaysWhatItIs"),
                new Mutant(
                        "close does nothing",
                        Wrong.site("close", (none, right) -> null),
                        "closeReleasesEverythingAndIsIdempotent"),
                new Mutant(
                        "close throws the second time",
                        site -> {
                            Set<String> closed = new HashSet<>();
                            return Wrong.in(HypervisorSite.class, site, "close", (none, right) -> {
                                if (!closed.add("closed")) {
                                    throw new IllegalStateException("closed before");
                                }
                                return right.call();
                            });
                        },
                        "closeReleasesEverythingAndIsIdempotent"));
    }

    @TestFactory
    Stream<DynamicTest> inventory() {
        return run(
                MutatedSuites.Inventory.class,
                new Mutant(
                        "list is empty when unreachable",
                        Wrong.inventory("list", (arguments, right) -> {
                            try {
                                return right.call();
                            } catch (ProviderException unreachable) {
                                return List.of();
                            }
                        }),
                        "unreachableIsAnExceptionNeverEmpty",
                        "closedSiteRefusesInsteadOfListingNothing"),
                new Mutant(
                        "find is empty when unreachable",
                        Wrong.inventory("find", (arguments, right) -> {
                            try {
                                return right.call();
                            } catch (ProviderException unreachable) {
                                return Optional.empty();
                            }
                        }),
                        "unreachableIsAnExceptionNeverEmpty"),
                new Mutant(
                        "list is in no order",
                        Wrong.inventory("list", (arguments, right) -> ((List<?>) Wrong.given(right)).reversed()),
                        "listIsInNameOrderAndAgreesWithFind"),
                new Mutant(
                        "volumes are reversed",
                        Wrong.inventory("find", (arguments, right) -> ((Optional<?>) Wrong.given(right))
                                .map(found -> WrongInventories.withReversedVolumes((VmDescription) found))),
                        "volumesAreTheDisksInOrder"),
                new Mutant(
                        "volumes have new ids after a reopen",
                        site -> {
                            long salt = System.nanoTime();
                            return Wrong.inventory("find", (arguments, right) -> ((Optional<?>) Wrong.given(right))
                                            .map(found ->
                                                    WrongInventories.withSaltedVolumes((VmDescription) found, salt)))
                                    .apply(site);
                        },
                        "vmsAndIdsSurviveAReopen"));
    }

    @TestFactory
    Stream<DynamicTest> compute() {
        return run(
                MutatedSuites.Compute.class,
                new Mutant(
                        "powerOff does nothing",
                        Wrong.compute("powerOff", (arguments, right) -> null),
                        "powerOffCutsThePowerAndStartBringsTheDisksBack"),
                new Mutant(
                        "shutDown does not wait",
                        Wrong.compute("shutDown", (arguments, right) -> null),
                        "shutDownEndsWithTheVmOff"),
                new Mutant(
                        "an unknown VM is off",
                        Wrong.compute("power", (arguments, right) -> {
                            try {
                                return right.call();
                            } catch (ProviderException unknown) {
                                return PowerState.OFF;
                            }
                        }),
                        "unknownVmIsRefused"),
                new Mutant(
                        "start of a running VM fails",
                        site -> Wrong.compute("start", (arguments, right) -> {
                                    if (site.compute().power((VmId) arguments[0], (Deadline) arguments[1])
                                            == PowerState.RUNNING) {
                                        throw Refusal.unfit("Not started", "it runs");
                                    }
                                    return right.call();
                                })
                                .apply(site),
                        "startOfARunningVmDoesNotDisturbIt"));
    }

    @TestFactory
    Stream<DynamicTest> writeCapture() {
        return run(
                MutatedSuites.WriteCapture.class,
                new Mutant(
                        "drops a write",
                        Wrong.sink(WrongSinks.Dropping::new),
                        "replayedCallsGiveTheVolumeWhenTheGuestIsQuiet",
                        "acknowledgedWriteIsAlreadyInTheSink"),
                new Mutant(
                        "reorders overlapping writes",
                        Wrong.sink(WrongSinks.Reordering::new),
                        "replayedCallsGiveTheVolumeWhenTheGuestIsQuiet"),
                new Mutant(
                        "acknowledges before the sink call",
                        Wrong.sink(WrongSinks.Late::new),
                        "acknowledgedWriteIsAlreadyInTheSink",
                        "effectNeverPrecedesItsCauseAcrossVms"),
                new Mutant(
                        "captures at the wrong offset",
                        Wrong.sink(WrongSinks.Shifting::new),
                        "replayedCallsGiveTheVolumeWhenTheGuestIsQuiet",
                        "capturedWriteIsVisibleToTheReaderAndReplaysToTheSameBytes"),
                new Mutant(
                        "mixes up volumes",
                        Wrong.sink(WrongSinks.MixingUp::new),
                        "replayedCallsGiveTheVolumeWhenTheGuestIsQuiet",
                        "acknowledgedWriteIsAlreadyInTheSink"),
                new Mutant(
                        "never reports a loss",
                        Wrong.sink(sink -> new WrongSinks.Losing(sink, 0)),
                        "brokenCaptureIsReportedOnceAndCanBeAttachedAnew",
                        "powerOffIsReportedOnceAndCaptureComesBackAfterStart",
                        "secondAttachTakesOverOrIsRefused"),
                new Mutant(
                        "reports a loss twice",
                        Wrong.sink(sink -> new WrongSinks.Losing(sink, 2)),
                        "brokenCaptureIsReportedOnceAndCanBeAttachedAnew",
                        "powerOffIsReportedOnceAndCaptureComesBackAfterStart"),
                new Mutant(
                        "does not know a power-off",
                        Wrong.sink(WrongSinks.Unspecific::new),
                        "powerOffIsReportedOnceAndCaptureComesBackAfterStart"),
                new Mutant(
                        "close leaves the capture on",
                        Wrong.session("close", (none, right) -> null),
                        "closedSessionIsSilentAndTheGuestGoesOn"),
                new Mutant(
                        "confirms whatever it is asked",
                        Wrong.session("confirmContinuity", (arguments, right) -> null),
                        "continuityIsNotConfirmedAfterTheCaptureBroke",
                        "continuityIsConfirmedOfAVmThatStoppedUntilItRunsAgain"),
                new Mutant(
                        "never confirms",
                        Wrong.session("confirmContinuity", (arguments, right) -> {
                            throw new ProviderException(
                                    FailureKind.CONTINUITY_LOST, "Not confirmed", "it never is", "Give up");
                        }),
                        "continuityIsConfirmedWhileTheGuestWrites",
                        "continuityIsConfirmedOfAVmThatStoppedUntilItRunsAgain"),
                new Mutant(
                        "overlooks volumes that it does not know",
                        site -> Wrong.capture((arguments, right) -> {
                                    arguments[1] = knownVolumes(site, (VmId) arguments[0], (List<?>) arguments[1]);
                                    return right.call();
                                })
                                .apply(site),
                        "unknownVmAndForeignVolumesAreRefused"));
    }

    @TestFactory
    Stream<DynamicTest> volumeReader() {
        return run(
                MutatedSuites.VolumeReader.class,
                new Mutant(
                        "shows the contents of when it was opened",
                        readerDevice(WrongReaders::frozen),
                        "openDeviceShowsWhatWasAcknowledgedBeforeTheRead"),
                new Mutant(
                        "calls everything zero",
                        readerDevice(device -> Wrong.in(
                                BlockDevice.class,
                                device,
                                "extents",
                                (arguments, right) -> List.of(new BlockExtent(
                                        (long) arguments[0], (long) arguments[1], BlockExtent.Content.ZERO)))),
                        "extentsCoverTheRangeAndZeroMeansZero"),
                new Mutant(
                        "leaves the end of the range out",
                        readerDevice(device -> Wrong.in(
                                BlockDevice.class,
                                device,
                                "extents",
                                (arguments, right) -> List.of(new BlockExtent(
                                        (long) arguments[0], (long) arguments[1] - 1, BlockExtent.Content.DATA)))),
                        "extentsCoverTheRangeAndZeroMeansZero"),
                new Mutant(
                        "swallows writes",
                        readerDevice(
                                device -> Wrong.in(BlockDevice.class, device, "write", (arguments, right) -> null)),
                        "sizeIsTheInventorysAndWritesAreRefused"),
                new Mutant(
                        "reads whole blocks only",
                        readerDevice(device -> Wrong.in(BlockDevice.class, device, "read", (arguments, right) -> {
                            arguments[0] = (long) arguments[0] / 512 * 512;
                            return right.call();
                        })),
                        "piecesOfAnySizeGiveTheSameBytes"),
                new Mutant(
                        "cannot read a VM that is off",
                        site -> Wrong.reader((arguments, right) -> {
                                    WrongReaders.requireRunning(site, (VolumeId) arguments[0], (Deadline) arguments[1]);
                                    return right.call();
                                })
                                .apply(site),
                        "readsAVmThatIsOff"));
    }

    @TestFactory
    Stream<DynamicTest> recoveryTarget() {
        return run(
                MutatedSuites.RecoveryTarget.class,
                new Mutant(
                        "discard leaves the VM",
                        Wrong.recovery("discard", (arguments, right) -> null),
                        "createdVmIsOffAndLooksLikeItsOrigin",
                        "startedVmBootsFromTheExportsWithItsLedgers"),
                new Mutant(
                        "discard takes every operation's VMs",
                        WrongRecoveries::discardingTooMuch,
                        "discardTouchesItsOwnOperationOnly"),
                new Mutant(
                        "create makes another VM each time",
                        WrongRecoveries::creatingAnew,
                        "createIsIdempotentByOperation"),
                new Mutant(
                        "promote does nothing",
                        Wrong.recovery("promote", (arguments, right) -> null),
                        "promotedVmOutlivesItsExports"),
                new Mutant(
                        "forgets its VMs at a restart",
                        WrongRecoveries::forgettingAtRestart,
                        "recoveredVmIsFoundAgainAfterARestart"),
                new Mutant(
                        "a test VM is on the production network",
                        WrongRecoveries::onProductionNetwork,
                        "createdVmIsOffAndLooksLikeItsOrigin"),
                new Mutant(
                        "swaps the disks' contents",
                        WrongRecoveries::swappingDisks,
                        "startedVmBootsFromTheExportsWithItsLedgers"),
                new Mutant(
                        "takes a VM of the same name for its own",
                        WrongRecoveries::takingOverByName,
                        "takenNameIsAConflictAndMakesNothing"));
    }

    @TestFactory
    Stream<DynamicTest> sampleVms() {
        return run(
                MutatedSuites.SampleVms.class,
                new Mutant(
                        "append does nothing",
                        console("append", (arguments, right) -> null),
                        "appendedEntriesAreReported"),
                new Mutant(
                        "ledgers are always intact",
                        console(
                                "report",
                                (arguments, right) ->
                                        new LedgerReport(((LedgerReport) Wrong.given(right)).entries(), true)),
                        "scrambledLedgerIsFoundOut"),
                new Mutant(
                        "appends out of order are ignored",
                        console("append", (arguments, right) -> {
                            try {
                                return right.call();
                            } catch (ProviderException outOfOrder) {
                                return null;
                            }
                        }),
                        "entryOutOfOrderIsRefused"),
                new Mutant(
                        "removeAll removes nothing",
                        Wrong.samples("removeAll", (arguments, right) -> null),
                        "removeAllTakesTheOperationsVmsOnly"),
                new Mutant(
                        "closing the console powers the VM off",
                        site -> Wrong.samples("create", (arguments, right) -> {
                                    SampleVm real = (SampleVm) Wrong.given(right);
                                    return Wrong.in(SampleVm.class, real, "close", (none, close) -> {
                                        site.compute().powerOff(real.id(), soon());
                                        return close.call();
                                    });
                                })
                                .apply(site),
                        "consoleCanBeClosedAndConnectedAnew"));
    }

    private static Stream<DynamicTest> run(Class<? extends HypervisorContract> suite, Mutant... mutants) {
        return Stream.of(mutants)
                .map(mutant -> dynamicTest(mutant.mistake(), () -> {
                    Set<String> failures = MutatedSuites.failuresOf(suite, mutant.mutation(), IMPATIENT);
                    assertTrue(
                            failures.containsAll(mutant.caughtBy()),
                            () -> "failed tests " + failures + " do not contain all of " + mutant.caughtBy());
                }));
    }

    private static UnaryOperator<HypervisorSite> console(String method, Wrong.Behaviour behaviour) {
        return Wrong.samples(
                "create",
                (arguments, right) -> Wrong.in(SampleVm.class, (SampleVm) Wrong.given(right), method, behaviour));
    }

    private static UnaryOperator<HypervisorSite> readerDevice(UnaryOperator<BlockDevice> mutation) {
        return Wrong.reader((arguments, right) -> mutation.apply((BlockDevice) Wrong.given(right)));
    }

    private static List<VolumeId> knownVolumes(HypervisorSite site, VmId vm, List<?> asked) throws ProviderException {
        List<VolumeId> all = site.inventory().find(vm, soon()).stream()
                .flatMap(found -> found.volumes().stream())
                .map(VolumeDescription::id)
                .toList();
        List<VolumeId> known = all.stream().filter(asked::contains).toList();
        return known.isEmpty() ? all : known;
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(10));
    }
}
