/**
 * Random access to bytes, and how two processes share it: the host exports and opens block devices for plugins over NBD,
 * so that a plugin needs no NBD code of its own.
 */
@NullMarked
package io.tidemark.spi.block;

import org.jspecify.annotations.NullMarked;
