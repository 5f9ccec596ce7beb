package io.tidemark.control.vpg;

/** How a VPG is deleted. */
public record DeleteVpg(Journals journals, PeerAbsence peerAbsence) {
    /** Deletes the journals too, and needs the other site for it. */
    public static final DeleteVpg EVERYTHING = new DeleteVpg(Journals.DELETE, PeerAbsence.FAIL);

    /** What becomes of the journals at the recovery site. */
    public enum Journals {
        DELETE,
        /** They stay, can be recovered from, and are deleted there later. */
        KEEP
    }

    /** What is done when the other site does not answer. */
    public enum PeerAbsence {
        /** Nothing is deleted. */
        FAIL,
        /** This site forgets the VPG; the other site keeps what it has until it is deleted there. */
        FORGET
    }
}
