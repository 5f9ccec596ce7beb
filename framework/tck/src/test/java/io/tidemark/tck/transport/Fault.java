package io.tidemark.tck.transport;

/** Ways to break the contract, each with the law that has to notice. */
enum Fault {
    SWAPS_FRAMES("frames_arrive_complete_in_order_and_with_their_positions"),
    LOSES_A_FRAME("frames_arrive_complete_in_order_and_with_their_positions"),
    FLIPS_A_BIT("frames_arrive_complete_in_order_and_with_their_positions"),
    SHIFTS_POSITIONS("frames_arrive_complete_in_order_and_with_their_positions"),
    MOVES_THE_CALLERS_BUFFER("any_kind_of_buffer_is_taken_and_left_as_it_is"),
    CUTS_LONG_FRAMES("the_longest_frame_passes_and_a_longer_one_is_refused"),
    SWALLOWS_TOO_LONG_FRAMES("the_longest_frame_passes_and_a_longer_one_is_refused"),
    DROPS_ACKNOWLEDGEMENTS("the_newest_acknowledgement_arrives_and_none_that_was_not_given"),
    ACKNOWLEDGES_BY_ITSELF("the_newest_acknowledgement_arrives_and_none_that_was_not_given"),
    IGNORES_BACK_PRESSURE("a_full_channel_answers_back_pressure_at_once_and_says_once_when_there_is_room"),
    FORGETS_WRITABLE("a_full_channel_answers_back_pressure_at_once_and_says_once_when_there_is_room"),
    REPEATS_WRITABLE("a_full_channel_answers_back_pressure_at_once_and_says_once_when_there_is_room"),
    BLOCKS_IN_OFFER("a_full_channel_answers_back_pressure_at_once_and_says_once_when_there_is_room"),
    OVERLAPS_CALLS("a_slow_handler_holds_its_peer_back_without_losing_the_channel"),
    CLOSES_TWICE("close_by_the_caller_ends_both_sides_in_peace"),
    FINDS_CAUSES_IN_PEACE("close_by_the_caller_ends_both_sides_in_peace"),
    SENDS_AFTER_CLOSE("close_by_the_caller_ends_both_sides_in_peace"),
    CALLS_AFTER_CLOSE("close_by_the_called_ends_both_sides_in_peace"),
    NEVER_CLOSES("a_cut_connection_ends_both_sides_once_and_with_a_cause"),
    HIDES_CAUSES("a_cut_connection_ends_both_sides_once_and_with_a_cause"),
    IGNORES_SILENCE("a_silent_connection_ends_both_sides_once_and_with_a_cause"),
    REFUSES_IN_ITS_OWN_WORDS("a_refusal_reaches_the_caller_in_the_words_of_the_peer"),
    TAKES_ANY_CERTIFICATE("another_certificate_than_the_expected_is_a_conflict"),
    IGNORES_DEADLINES("connect_gives_up_at_its_deadline"),
    CONFUSES_CALLERS("the_listener_is_told_who_calls_and_what_for"),
    KEEPS_CHANNELS_OF_A_CLOSED_LISTENER("a_closed_listener_closes_its_channels_in_peace"),
    OPENS_AFTER_CLOSE("a_closed_transport_closes_everything_and_opens_nothing"),
    LEAKS_A_THREAD("a_quiet_channel_stays_open");

    private final String caughtBy;

    Fault(String caughtBy) {
        this.caughtBy = caughtBy;
    }

    /** Name of the contract's method that fails. */
    String caughtBy() {
        return caughtBy;
    }
}
