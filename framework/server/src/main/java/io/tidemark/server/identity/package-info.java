/**
 * Who this site is and who may command it: the site's key and certificate, its id, and the administrator's token. Files are read and
 * written at start only, on the starting thread; checks are made from memory on any thread.
 */
@NullMarked
package io.tidemark.server.identity;

import org.jspecify.annotations.NullMarked;
