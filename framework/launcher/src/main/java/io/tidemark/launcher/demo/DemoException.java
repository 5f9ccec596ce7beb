package io.tidemark.launcher.demo;

/** The demo cannot go on; the message says what happened and what to do. */
final class DemoException extends Exception {
    DemoException(String message) {
        super(message);
    }
}
