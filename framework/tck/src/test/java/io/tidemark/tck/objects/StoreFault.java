package io.tidemark.tck.objects;

/** A way in which an object store can be wrong, and the test that has to notice it. */
enum StoreFault {
    OVERWRITES(ObjectStoreContract.class, "aKeyIsTakenOnce"),
    REFUSES_THE_SAME_BYTES(ObjectStoreContract.class, "aKeyIsTakenOnce"),
    LETS_ALL_RACERS_WIN(ObjectStoreContract.class, "ofManyWhoPutAtOnceOneWins"),
    REPLACES_ANY_VERSION(ObjectStoreContract.class, "aVersionIsReplacedOnce"),
    REPLACES_NOTHING(ObjectStoreContract.class, "aVersionIsReplacedOnce"),
    READS_OTHER_VERSIONS(ObjectStoreContract.class, "aVersionIsReplacedOnce"),
    SHIFTS_RANGES(ObjectStoreContract.class, "whatWasPutIsFoundAndRead"),
    DROPS_THE_LAST_BYTE_OF_LARGE_ONES(ObjectStoreContract.class, "aLargeObjectIsAsGoodAsASmallOne"),
    HAS_NO_EMPTY_OBJECTS(ObjectStoreContract.class, "anEmptyObjectIsAnObject"),
    READS_BEYOND_THE_END(ObjectStoreContract.class, "readingOutsideOfTheObjectIsRejected"),
    LISTS_BACKWARDS(ObjectStoreContract.class, "listingIsCompleteAndInOrder"),
    FORGETS_THE_LAST_PAGE(ObjectStoreContract.class, "listingIsCompleteAndInOrder"),
    LISTS_LATE(ObjectStoreContract.class, "listingShowsPutsAndDeletesAtOnce"),
    DELETES_BY_PREFIX(ObjectStoreContract.class, "deletingFreesTheKeyAndNoOther"),
    SHOWS_OLDER_VERSIONS_AFTER_DELETE(ObjectStoreContract.class, "deletingFreesTheKeyAndNoOther"),
    TAKES_ANY_KEY(ObjectStoreContract.class, "keysThatAreNoneAreRejected"),
    STORES_HALF_OF_A_BROKEN_SOURCE(ObjectStoreContract.class, "aPutWhoseSourceFailsStoresNothing"),
    CHECKS_NO_SUMS(ObjectStoreContract.class, "bytesThatChangedInTheStoreAreFoundOut"),
    FINDS_WHAT_IS_GONE(ObjectStoreContract.class, "nothingIsFoundWhereNothingIs"),
    ANSWERS_WHEN_CLOSED(ObjectStoreContract.class, "aClosedStoreRefuses"),
    DELETES_LOCKED(ObjectLockContract.class, "aLockedObjectStays"),
    REPLACES_LOCKED(ObjectLockContract.class, "aLockedObjectStays"),
    FORGETS_LATE_LOCKS(ObjectLockContract.class, "anObjectIsLockedLater"),
    SHORTENS_LOCKS(ObjectLockContract.class, "aLockBecomesLongerNeverShorterOrWeaker"),
    WEAKENS_LOCKS(ObjectLockContract.class, "aLockBecomesLongerNeverShorterOrWeaker"),
    SKIPS_LOCKS_OF_REPEATED_PUTS(ObjectLockContract.class, "aRepeatedPutPutsTheLockOn"),
    LOCKS_FOR_EVER(ObjectLockContract.class, "aLockThatIsOverLetsGo"),
    ENDS_LOCKS_EARLY(ObjectLockContract.class, "aLockThatIsOverLetsGo");

    private final Class<? extends ObjectStoreFixture> contract;
    private final String caughtBy;

    StoreFault(Class<? extends ObjectStoreFixture> contract, String caughtBy) {
        this.contract = contract;
        this.caughtBy = caughtBy;
    }

    String caughtBy() {
        return caughtBy;
    }

    boolean isOfLocks() {
        return contract == ObjectLockContract.class;
    }
}
