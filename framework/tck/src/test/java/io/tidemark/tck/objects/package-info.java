/** The contract of object stores, tried on a store in memory that is right, and on many that are wrong. */
@NullMarked
package io.tidemark.tck.objects;

import org.jspecify.annotations.NullMarked;
