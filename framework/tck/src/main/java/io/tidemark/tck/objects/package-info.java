/**
 * What every object store has to keep to: the contract suite of {@link io.tidemark.spi.objects.ObjectStore}.
 */
@NullMarked
package io.tidemark.tck.objects;

import org.jspecify.annotations.NullMarked;
