/**
 * VMs of this site's hypervisors with what is known of their protection. Any thread; calls block on hypervisors.
 */
@NullMarked
package io.tidemark.control.vm;

import org.jspecify.annotations.NullMarked;
