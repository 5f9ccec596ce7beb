/** A recovery target that writes disk images into a folder. */
@NullMarked
package org.example.imagefolder;

import org.jspecify.annotations.NullMarked;
