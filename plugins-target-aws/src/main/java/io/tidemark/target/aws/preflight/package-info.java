/**
 * Everything that a recovery would run into, found out at once and without changing anything: permissions, networks, instance types, limits.
 */
@NullMarked
package io.tidemark.target.aws.preflight;

import org.jspecify.annotations.NullMarked;
