/** The object store against two servers. */
@NullMarked
package io.tidemark.target.aws.objects;

import org.jspecify.annotations.NullMarked;
