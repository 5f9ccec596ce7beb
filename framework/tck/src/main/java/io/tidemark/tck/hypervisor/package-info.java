/**
 * Contract suites of hypervisor plugins: one abstract class per part of a {@link io.tidemark.spi.site.HypervisorSite}, to be subclassed
 * in the plugin's tests with a {@link io.tidemark.tck.hypervisor.HypervisorSubject}.
 *
 * <p>The suites use the SPI alone, so they hold for simulated and real hypervisors alike. Each class boots its VMs once and shares them,
 * since a real VM takes seconds to boot. Tests run on JUnit's thread; writers beside them on virtual threads of their own.
 */
@NullMarked
package io.tidemark.tck.hypervisor;

import org.jspecify.annotations.NullMarked;
