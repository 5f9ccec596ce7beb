package io.tidemark.systemtests;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.pf4j.Extension;
import org.pf4j.ExtensionPoint;
import org.pf4j.Plugin;

/** The arrows between the modules, and which module may know which library. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ModuleArrowsTest {
    private static final String ROOT = "io.tidemark.";

    /** What is there to be seen: each module with one class that it must have. */
    private enum Module {
        SPI("spi", "spi.plugin.ProviderFactory"),
        NBD("nbd", "nbd.NbdServer"),
        JOURNAL("journal", "journal.Journal"),
        REPLICATION("replication", "replication.lane.Lane"),
        CONTROL("control", "control.vpg.Protection"),
        PLUGIN_HOST("pluginhost", "pluginhost.PluginHost"),
        SERVER("server", "server.TidemarkServer"),
        CLI("cli", "cli.TidemarkCli"),
        LAUNCHER("launcher", "launcher.Main"),
        BENCH("bench", "bench.BenchMain"),
        TCK("tck", "tck.consistency.ConsistentCut"),
        TRANSPORT_TCP("transport.tcp", "transport.tcp.TcpTransportFactory"),
        HYPERVISOR_SIM("hypervisor.sim", "hypervisor.sim.SimSiteFactory"),
        HYPERVISOR_KVM("hypervisor.kvm", "hypervisor.kvm.KvmHypervisorSiteFactory"),
        HYPERVISOR_VSPHERE("hypervisor.vsphere", "hypervisor.vsphere.VsphereHypervisorSiteFactory");

        final String name;
        final String member;

        Module(String name, String member) {
            this.name = name;
            this.member = ROOT + member;
        }

        String packages() {
            return ROOT + name + "..";
        }
    }

    private static final Set<Module> PLUGINS =
            Set.of(Module.TRANSPORT_TCP, Module.HYPERVISOR_SIM, Module.HYPERVISOR_KVM, Module.HYPERVISOR_VSPHERE);

    /** Their packages know each other in circles: spi's site and recovery, and control's checkpoint, json, peer, site, task and vpg. */
    private static final Set<Module> CYCLIC_TODAY = Set.of(Module.SPI, Module.CONTROL);

    private JavaClasses product = new ClassFileImporter().importClasses(List.of());

    @BeforeAll
    void importProduct() {
        product = new ClassFileImporter()
                .importPackages("io.tidemark")
                .that(describe("of the product", seen -> !seen.getPackageName().startsWith(ROOT + "systemtests")));
    }

    @Test
    void everyModuleIsSeenAndNothingElse() {
        for (Module module : Module.values()) {
            assertTrue(product.contain(module.member), () -> module + " was not imported");
        }
        List<String> strangers = product.stream()
                .filter(seen ->
                        !resideInAnyPackage(packagesOf(Set.of(Module.values()))).test(seen))
                .map(JavaClass::getName)
                .toList();
        assertEquals(List.of(), strangers, "classes of modules that no rule here knows");
    }

    /** A rule that is wrong on purpose: when it holds, the others prove nothing. */
    @Test
    void aBrokenArrowIsSeen() {
        AssertionError broken = assertThrows(AssertionError.class, () -> mayKnow(Module.REPLICATION, Set.of(Module.SPI))
                .check(product));
        assertTrue(String.valueOf(broken.getMessage()).contains("io.tidemark.journal"), broken.getMessage());
        assertThrows(AssertionError.class, () -> noClasses()
                .that(resideInAPackage(Module.SERVER.packages()))
                .should()
                .dependOnClassesThat(resideInAPackage("io.vertx.."))
                .check(product));
    }

    @TestFactory
    List<DynamicTest> arrows() {
        List<DynamicTest> tests = new ArrayList<>();
        arrow(tests, Module.SPI, Set.of());
        arrow(tests, Module.NBD, Set.of());
        arrow(tests, Module.JOURNAL, Set.of(Module.SPI));
        arrow(tests, Module.REPLICATION, Set.of(Module.SPI, Module.JOURNAL, Module.NBD));
        arrow(tests, Module.CONTROL, Set.of(Module.SPI));
        arrow(tests, Module.PLUGIN_HOST, Set.of(Module.SPI));
        arrow(tests, Module.TCK, Set.of(Module.SPI));
        arrow(
                tests,
                Module.SERVER,
                Set.of(Module.SPI, Module.NBD, Module.JOURNAL, Module.REPLICATION, Module.CONTROL, Module.PLUGIN_HOST));
        arrow(tests, Module.CLI, Set.of());
        arrow(
                tests,
                Module.LAUNCHER,
                Set.of(Module.SPI, Module.NBD, Module.JOURNAL, Module.CONTROL, Module.SERVER, Module.CLI));
        arrow(tests, Module.BENCH, Set.of(Module.SPI, Module.NBD, Module.JOURNAL, Module.REPLICATION));
        for (Module plugin : PLUGINS) {
            arrow(tests, plugin, Set.of(Module.SPI));
        }
        return tests;
    }

    private void arrow(List<DynamicTest> tests, Module module, Set<Module> known) {
        tests.add(DynamicTest.dynamicTest(
                module + " knows " + known, () -> mayKnow(module, known).check(product)));
    }

    private static ArchRule mayKnow(Module module, Set<Module> known) {
        Set<Module> visible = new HashSet<>(known);
        visible.add(module);
        DescribedPredicate<JavaClass> foreign = resideInAPackage(ROOT + ".")
                .and(DescribedPredicate.not(resideInAnyPackage(packagesOf(visible))))
                .as("Tidemark's own beyond " + visible);
        return noClasses().that(resideInAPackage(module.packages())).should().dependOnClassesThat(foreign);
    }

    private static String[] packagesOf(Set<Module> modules) {
        return modules.stream()
                .map(Module::packages)
                .collect(Collectors.toSet())
                .toArray(String[]::new);
    }

    /** Ids, extents, and the one interface that a scratch is served through: no facet, no provider. */
    @Test
    void journalKnowsValuesOfTheSpiOnly() {
        DescribedPredicate<JavaClass> value = resideInAPackage("io.tidemark.spi.id..")
                .or(JavaClass.Predicates.belongToAnyOf(BlockDevice.class, BlockExtent.class, ZeroCause.class));
        noClasses()
                .that(resideInAPackage(Module.JOURNAL.packages()))
                .should()
                .dependOnClassesThat(resideInAPackage(Module.SPI.packages()).and(DescribedPredicate.not(value)))
                .check(product);
    }

    /** A plugin must compile against this and nothing more. */
    @Test
    void spiAndNbdNeedNothingBeyondTheJdkButMarkers() {
        classes()
                .that(resideInAPackage(Module.SPI.packages()))
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage("java..", Module.SPI.packages(), "org.slf4j..", "org.jspecify.annotations..")
                                .or(JavaClass.Predicates.belongToAnyOf(ExtensionPoint.class)))
                .check(product);
        classes()
                .that(resideInAPackage(Module.NBD.packages()))
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "java..", Module.NBD.packages(), "org.slf4j..", "org.jspecify.annotations.."))
                .check(product);
    }

    @Test
    void vertxIsTheServersOnly() {
        onlyIn("io.vertx..", Set.of(Module.SERVER));
    }

    @Test
    void pf4jIsThePluginHostsOnly() {
        noClasses()
                .that(resideInAnyPackage(packagesOf(allBut(Set.of(Module.PLUGIN_HOST)))))
                .should()
                .dependOnClassesThat(resideInAPackage("org.pf4j..")
                        .and(DescribedPredicate.not(JavaClass.Predicates.belongToAnyOf(
                                ExtensionPoint.class, Extension.class, Plugin.class))))
                .check(product);
        noClasses()
                .that(resideInAnyPackage(packagesOf(allBut(union(PLUGINS, Module.PLUGIN_HOST)))))
                .should()
                .dependOnClassesThat(JavaClass.Predicates.belongToAnyOf(Extension.class, Plugin.class))
                .check(product);
    }

    @Test
    void databaseIsTheControlPlanesOnly() {
        onlyIn("org.jdbi..", Set.of(Module.CONTROL));
        onlyIn("org.sqlite..", Set.of(Module.CONTROL));
        onlyIn("org.flywaydb..", Set.of(Module.CONTROL));
    }

    @Test
    void hypervisorsAreKnownByTheirPluginsOnly() {
        onlyIn("org.libvirt..", Set.of(Module.HYPERVISOR_KVM));
    }

    @Test
    void testLibrariesStayOutOfTheProduct() {
        onlyIn("org.junit..", Set.of(Module.TCK));
        onlyIn("org.opentest4j..", Set.of(Module.TCK));
        onlyIn("io.tidemark.tck..", Set.of(Module.TCK));
    }

    private void onlyIn(String library, Set<Module> modules) {
        noClasses()
                .that(resideInAnyPackage(packagesOf(allBut(modules))))
                .should()
                .dependOnClassesThat(resideInAPackage(library))
                .check(product);
    }

    private static Set<Module> allBut(Set<Module> modules) {
        return Arrays.stream(Module.values())
                .filter(module -> !modules.contains(module))
                .collect(Collectors.toSet());
    }

    private static Set<Module> union(Set<Module> modules, Module another) {
        Set<Module> all = new HashSet<>(modules);
        all.add(another);
        return all;
    }

    @TestFactory
    List<DynamicTest> packagesOfAModuleHaveNoCycles() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Module module : allBut(CYCLIC_TODAY)) {
            tests.add(DynamicTest.dynamicTest(module.name(), () -> slices().matching(ROOT + module.name + ".(*)..")
                    .should()
                    .beFreeOfCycles()
                    .allowEmptyShould(true)
                    .check(product)));
        }
        return tests;
    }
}
