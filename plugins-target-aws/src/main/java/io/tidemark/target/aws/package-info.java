/**
 * Recovery to AWS: EC2 instances from rolling EBS snapshots.
 */
@NullMarked
package io.tidemark.target.aws;

import org.jspecify.annotations.NullMarked;
