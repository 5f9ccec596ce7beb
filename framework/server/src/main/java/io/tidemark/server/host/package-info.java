/**
 * What the server gives to plugin instances (threads, folders, block devices over NBD, events), and the hypervisor instances that it keeps
 * open. Plugin calls are made on virtual threads.
 */
@NullMarked
package io.tidemark.server.host;

import org.jspecify.annotations.NullMarked;
