/**
 * Programs that other people wrote, as processes for a test class, and a strict fake of EBS direct.
 */
@NullMarked
package io.tidemark.target.aws.peers;

import org.jspecify.annotations.NullMarked;
