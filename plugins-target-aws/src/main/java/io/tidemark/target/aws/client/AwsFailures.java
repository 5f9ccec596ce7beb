package io.tidemark.target.aws.client;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.util.Set;
import java.util.function.Consumer;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;

/** Makes calls to AWS and turns what goes wrong into the SPI's one exception. */
public final class AwsFailures {
    /** The caller is known, and may not do this. */
    private static final Set<String> FORBIDDEN = Set.of(
            "UnauthorizedOperation",
            "AccessDenied",
            "AccessDeniedException",
            "AllAccessDisabled",
            "UnauthorizedAccess");

    /** The caller is not known, or not any more. */
    private static final Set<String> UNKNOWN_CALLER = Set.of(
            "AuthFailure",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "ExpiredToken",
            "ExpiredTokenException",
            "RequestExpired",
            "UnrecognizedClientException");

    /** A limit that others may make room below. */
    private static final Set<String> MAY_PASS = Set.of(
            "InsufficientInstanceCapacity",
            "InsufficientHostCapacity",
            "InsufficientCapacity",
            "InsufficientFreeAddressesInSubnet",
            "ConcurrentLimitExceededException",
            "ServiceQuotaExceededException",
            "SnapshotCreationPerVolumeRateExceeded",
            "PendingSnapshotLimitExceeded",
            "RequestTimeout",
            "SlowDown",
            "IncorrectState",
            "OperationAborted");

    private AwsFailures() {}

    /** A call to AWS. */
    @FunctionalInterface
    public interface Call<T> {
        T run(Consumer<AwsRequestOverrideConfiguration.Builder> limit);
    }

    /**
     * Makes a call.
     *
     * @param happened what did not happen if it fails, for people, without a full stop
     * @param call gets the time limit to put on its request
     */
    public static <T> T call(String happened, Deadline deadline, Call<T> call) throws ProviderException {
        return expecting(happened, deadline, call::run);
    }

    /** A call that handles some errors of the service itself. */
    @FunctionalInterface
    public interface HandlingCall<T> {
        T run(Consumer<AwsRequestOverrideConfiguration.Builder> limit) throws ProviderException;
    }

    /** As {@link #call}, for a call that may throw a finished exception of its own. */
    public static <T> T expecting(String happened, Deadline deadline, HandlingCall<T> call) throws ProviderException {
        requireTime(happened, deadline);
        try {
            return call.run(limit(deadline));
        } catch (SdkException failed) {
            throw translate(happened, failed);
        }
    }

    /** The time limit of a request. */
    public static Consumer<AwsRequestOverrideConfiguration.Builder> limit(Deadline deadline) {
        return request -> request.apiCallTimeout(deadline.remaining().plusMillis(1));
    }

    public static void requireTime(String happened, Deadline deadline) throws ProviderException {
        if (deadline.passed()) {
            throw outOfTime(happened);
        }
    }

    /** The deadline passed; what was done so far is found by the next call. */
    public static ProviderException outOfTime(String happened) {
        return new ProviderException(
                FailureKind.RETRY_LATER,
                happened,
                "the time limit passed",
                "It goes on where it was with the next attempt; give it more time if this repeats.");
    }

    public static ProviderException rejected(String happened, String why, String remedy) {
        return new ProviderException(FailureKind.REJECTED, happened, why, remedy);
    }

    /** The error code of the service; empty when the failure is not the service's. */
    public static String code(SdkException failed) {
        if (failed instanceof AwsServiceException service && service.awsErrorDetails() != null) {
            String code = service.awsErrorDetails().errorCode();
            return code == null ? "" : code;
        }
        return "";
    }

    public static boolean isForbidden(SdkException failed) {
        return FORBIDDEN.contains(code(failed));
    }

    /** EC2 and EBS say it with a code of its own per kind of resource. */
    public static boolean isNotFound(SdkException failed) {
        String code = code(failed);
        return code.endsWith(".NotFound")
                || code.endsWith("NotFoundException")
                || code.equals("InvalidGroup.NotFound")
                || code.equals("InvalidAMIID.Unavailable")
                || code.equals("NoSuchKey");
    }

    public static ProviderException translate(String happened, SdkException failed) {
        if (failed instanceof AwsServiceException service) {
            return translateService(happened, service);
        }
        String message = String.valueOf(failed.getMessage());
        if (failed instanceof ApiCallTimeoutException) {
            return new ProviderException(
                    FailureKind.RETRY_LATER,
                    happened,
                    "AWS did not answer within the time limit",
                    "It is tried again; see AWS's health page if this repeats.",
                    failed);
        }
        if (failed instanceof AbortedException) {
            return new ProviderException(
                    FailureKind.RETRY_LATER, happened, "the call was interrupted", "It is tried again.", failed);
        }
        if (message.contains("Unable to load credentials")) {
            return new ProviderException(
                    FailureKind.REJECTED,
                    happened,
                    "there are no credentials for AWS: " + message,
                    "Give this machine a role, or set access-key-id and secret-access-key.",
                    failed);
        }
        if (failed instanceof ApiCallAttemptTimeoutException || failed instanceof SdkClientException) {
            return new ProviderException(
                    FailureKind.UNREACHABLE,
                    happened,
                    "AWS could not be reached: " + message,
                    "Check network, proxy, the setting endpoint, and AWS's health page.",
                    failed);
        }
        return new ProviderException(FailureKind.BUG, happened, message, "Report this with the log.", failed);
    }

    private static ProviderException translateService(String happened, AwsServiceException failed) {
        String code = code(failed);
        String detail =
                failed.awsErrorDetails() == null ? "" : failed.awsErrorDetails().errorMessage();
        String said = "AWS said " + (code.isEmpty() ? "status " + failed.statusCode() : code)
                + (detail == null || detail.isBlank()
                        ? ""
                        : ": " + detail.strip().replaceAll("\\.$", ""));
        if (FORBIDDEN.contains(code) || (failed.statusCode() == 403 && !UNKNOWN_CALLER.contains(code))) {
            return new ProviderException(
                    FailureKind.REJECTED,
                    happened,
                    said,
                    "Allow the action to the identity of this instance; the preflight names all that are missing.",
                    failed);
        }
        if (UNKNOWN_CALLER.contains(code)) {
            return new ProviderException(
                    FailureKind.REJECTED,
                    happened,
                    said,
                    "Correct the credentials, or the clock of this machine.",
                    failed);
        }
        if (failed.isThrottlingException() || failed.statusCode() >= 500 || MAY_PASS.contains(code)) {
            return new ProviderException(FailureKind.RETRY_LATER, happened, said, "It is tried again.", failed);
        }
        if (failed.statusCode() == 412 || failed.statusCode() == 409) {
            return new ProviderException(
                    FailureKind.CONFLICT,
                    happened,
                    said,
                    "Somebody else changed it; look at it, then try again.",
                    failed);
        }
        return new ProviderException(
                FailureKind.REJECTED, happened, said, "Correct what AWS names, then try again.", failed);
    }
}
