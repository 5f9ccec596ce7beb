/** A recovery target that is a folder, as a plugin: it stages, runs no guest, and can be read back. Uses the SPI alone. */
@NullMarked
package io.tidemark.launcher.foldertarget;

import org.jspecify.annotations.NullMarked;
