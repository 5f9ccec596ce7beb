/** Tests of the guest programs, on disks in memory. */
@NullMarked
package io.tidemark.guest;

import org.jspecify.annotations.NullMarked;
