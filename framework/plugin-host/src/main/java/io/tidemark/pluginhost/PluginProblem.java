package io.tidemark.pluginhost;

/**
 * What is wrong with a plugin file, for the person who has to act.
 *
 * @param happened without a full stop
 * @param why without a full stop
 * @param remedy what to do next; a sentence
 */
public record PluginProblem(String happened, String why, String remedy) {
    @Override
    public String toString() {
        return happened + ": " + why + ". " + remedy;
    }
}
