/**
 * The command line: a client of the REST API and of nothing else. Results go to the standard output, everything said about them to the
 * standard error. Runs on the calling thread.
 */
@NullMarked
package io.tidemark.cli;

import org.jspecify.annotations.NullMarked;
