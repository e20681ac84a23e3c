package dev.ferry.web;

import dev.ferry.migration.Outcome;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;

/** Bodies of the JSON API that are no status: success, refusal and failure. Always JSON, whatever the client accepts. */
final class Answer {
    private Answer() {}

    record Success(boolean success, String message) {}

    record Pending(boolean success, boolean pending, String message) {}

    /** The message stands twice: runbooks read {@code error}, people read {@code message}. */
    record Failure(boolean success, String error, String message, String code) {
        Failure(String message, String code) {
            this(false, message, message, code);
        }
    }

    record Refusal(boolean success, String error, String message, String phase, String code) {}

    record RefusalWithReadiness(
            boolean success,
            String error,
            String message,
            String phase,
            String code,
            StatusJson.ReadinessJson readiness) {}

    static ResponseEntity<Object> json(HttpStatus status, Object body) {
        return ResponseEntity.status(status)
                .contentType(MediaType.APPLICATION_JSON)
                .body(body);
    }

    static ResponseEntity<Object> failure(HttpStatus status, String code, String message) {
        return json(status, new Failure(message, code));
    }

    static ResponseEntity<Object> of(Outcome outcome) {
        if (outcome instanceof Outcome.Accepted accepted) {
            return json(HttpStatus.OK, new Success(true, accepted.message()));
        }
        if (outcome instanceof Outcome.Pending pending) {
            return json(HttpStatus.ACCEPTED, new Pending(true, true, pending.message()));
        }
        Outcome.Refused refused = (Outcome.Refused) outcome;
        String code = lower(refused.code());
        String phase = refused.phase().label();
        String message = refused.message();
        boolean cutover = switch (refused.code()) {
            case CUTOVER_BLOCKED, CUTOVER_OVERRIDE_REQUIRED -> true;
            case WRONG_PHASE, PREFLIGHT_BLOCKED, NOT_LEADER -> false;
        };
        StatusJson.@Nullable ReadinessJson readiness =
                refused.readiness() == null ? null : StatusJson.ReadinessJson.of(refused.readiness());
        return json(
                HttpStatus.CONFLICT,
                cutover && readiness != null
                        ? new RefusalWithReadiness(false, message, message, phase, code, readiness)
                        : new Refusal(false, message, message, phase, code));
    }

    static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
