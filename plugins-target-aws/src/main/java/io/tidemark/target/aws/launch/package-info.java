/**
 * Recovered VMs as EC2 resources: image, network interface, launch template, instance, volumes; each found by its tags or its name before it
 * is made, so that every step can be repeated. Any thread; calls block.
 */
@NullMarked
package io.tidemark.target.aws.launch;

import org.jspecify.annotations.NullMarked;
