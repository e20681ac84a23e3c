package dev.ferry.failure;

import org.jspecify.annotations.Nullable;

/**
 * A failure that a person will read. The message names the object and the numbers; the remedy says what to do. Neither
 * ever holds a password or a row's values.
 */
public class FerryException extends RuntimeException {
    private final FailureCode code;
    private final String remedy;

    public FerryException(FailureCode code, String message, String remedy) {
        this(code, message, remedy, null);
    }

    public FerryException(FailureCode code, String message, String remedy, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.remedy = remedy;
    }

    public FailureCode code() {
        return code;
    }

    public String remedy() {
        return remedy;
    }
}
