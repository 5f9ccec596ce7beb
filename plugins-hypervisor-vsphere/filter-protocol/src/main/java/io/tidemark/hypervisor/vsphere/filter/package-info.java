/**
 * The client of a host's filter endpoint, on which a plugin builds its capture and its reading of volumes.
 *
 * <p>How the SPI maps onto it:
 *
 * <table>
 * <caption>SPI and filter client</caption>
 * <tr><td>{@code WriteCapture.attach}</td><td>one {@link io.tidemark.hypervisor.vsphere.filter.FilterClient#attach} per volume, mode HOLD;
 *   then {@code onSynchronous}: from the answer on the host hands out every write (contents are not delivered)</td></tr>
 * <tr><td>{@code CaptureSink.onWrite}, {@code onZero}</td><td>{@code WriteListener.onWrite}, {@code onZero}: call the sink, then
 *   {@link io.tidemark.hypervisor.vsphere.filter.FilterAttachment#complete}. The guest's write waits for that (rule 1), calls come in the
 *   order in which the writes took effect (rule 2), and a read that is asked for after the call sees the write (rule 3)</td></tr>
 * <tr><td>withheld acknowledgements (cuts over several appliances)</td><td>complete later, from any thread</td></tr>
 * <tr><td>{@code onContinuityLost}</td><td>{@code WriteListener.onGap}, once; the cause says which {@code LossCause}. A POWER_OFF event is
 *   {@code VM_STOPPED}: everything before it has been handed out. RESIZED is {@code VOLUME_CHANGED}</td></tr>
 * <tr><td>{@code confirmContinuity}</td><td>{@link io.tidemark.hypervisor.vsphere.filter.FilterAttachment#status}: without a gap in the
 *   answer, every write that the guest saw acknowledged before the question had been completed by this client, so passed to the sink. For a
 *   stopped VM: as long as {@code powerOns} is what it was</td></tr>
 * <tr><td>{@code VolumeReader.openLive}</td><td>{@link io.tidemark.hypervisor.vsphere.filter.FilterClient#read} and {@code extents}; with
 *   the VM on or off, attached or not</td></tr>
 * <tr><td>{@code CaptureSession.close}</td><td>{@link io.tidemark.hypervisor.vsphere.filter.FilterAttachment#close}: no listener call after
 *   return</td></tr>
 * </table>
 *
 * <p>Threads: of a client one that connects and reads and one that sends; of each attachment one that calls its listener. They are daemons, and
 * end with {@code close}.
 */
@NullMarked
package io.tidemark.hypervisor.vsphere.filter;

import org.jspecify.annotations.NullMarked;
