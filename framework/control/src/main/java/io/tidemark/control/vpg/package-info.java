/**
 * Virtual protection groups: their definitions, life cycle, runtime and views.
 *
 * <p>Each VPG has one mailbox, a virtual thread that makes every change of its life cycle and cuts its checkpoints, one at a time.
 */
@NullMarked
package io.tidemark.control.vpg;

import org.jspecify.annotations.NullMarked;
