/**
 * A client of the vim25 API over HTTPS and SOAP: what this plugin calls, and no more. Answers are read as trees, so that what we do not know is
 * passed over; requests are written by hand. Owns the session and the pinned certificate.
 *
 * <p>Any thread; calls block until answered or until their deadline.
 */
@NullMarked
package io.tidemark.hypervisor.vsphere.vim;

import org.jspecify.annotations.NullMarked;
