/**
 * Sample VMs of a simulated vSphere site: made like recovered ones, with a program that the host simulator runs in the guest's place and
 * answers for over HTTP. A real vSphere has no such thing, and then this facet is not there.
 */
@NullMarked
package io.tidemark.hypervisor.vsphere.sample;

import org.jspecify.annotations.NullMarked;
