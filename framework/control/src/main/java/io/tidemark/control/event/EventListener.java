package io.tidemark.control.event;

/** Hears events in the order of their ids. Called on one virtual thread; must return at once. */
@FunctionalInterface
public interface EventListener {
    void onEvent(EventView event);
}
