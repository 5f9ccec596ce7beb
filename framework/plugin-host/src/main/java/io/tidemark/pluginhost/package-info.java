/**
 * The host's side of the plugin border: checks plugin files, loads them isolated from the host, and guards every control call into them.
 *
 * <p>Everything here runs on the caller's thread; {@link io.tidemark.pluginhost.PluginHost} is safe for use by several.
 */
@NullMarked
package io.tidemark.pluginhost;

import org.jspecify.annotations.NullMarked;
