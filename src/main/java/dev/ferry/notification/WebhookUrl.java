package dev.ferry.notification;

import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;

/** Where messages go. The whole of it is a secret: whoever knows it may write there. {@link #toString()} shows nothing. */
public final class WebhookUrl {
    private final URI uri;

    private WebhookUrl(URI uri) {
        this.uri = uri;
    }

    /**
     * Reads it.
     *
     * @throws FerryException with code CONFIGURATION that says what is wrong, never the value
     */
    public static WebhookUrl parse(String text) {
        URI uri;
        try {
            uri = new URI(text.strip());
        } catch (URISyntaxException e) {
            throw invalid("cannot be understood"); // without its cause, which quotes it
        }
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        if (!Set.of("http", "https").contains(scheme)) {
            throw invalid("does not begin with http:// or https://");
        }
        if (uri.getHost() == null || uri.getPort() > 65_535) {
            throw invalid("has no host, or no usable port");
        }
        if (uri.getUserInfo() != null) {
            throw invalid("has a user before the host, which is not supported");
        }
        return new WebhookUrl(uri);
    }

    private static FerryException invalid(String fault) {
        return new FerryException(
                FailureCode.CONFIGURATION,
                "NOTIFICATION_WEBHOOK_URL " + fault + ".",
                "Set it to the whole address that the receiver gave you, and restart Ferry.");
    }

    /** Never to be shown or logged. */
    URI uri() {
        return uri;
    }

    @Override
    public String toString() {
        return "WebhookUrl";
    }
}
