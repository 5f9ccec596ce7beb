/**
 * Snapshots written and read block by block with the EBS direct APIs: blocks of 512 KiB, in parallel, with a SHA-256 each, resumable after
 * a crash of this process at any moment.
 *
 * <p>Callers' threads plan; the blocks themselves travel on a pool of the site. One {@link io.tidemark.target.aws.ebs.AdaptiveLimit} for the
 * whole site says how many at once.
 */
@NullMarked
package io.tidemark.target.aws.ebs;

import org.jspecify.annotations.NullMarked;
