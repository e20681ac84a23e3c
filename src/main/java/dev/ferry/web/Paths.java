package dev.ferry.web;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Enumeration;

/** Which addresses are pages for people; all others are the API's. */
final class Paths {
    private Paths() {}

    /** A page: without a log-in it leads to the log-in page. Everything else answers 401. */
    static boolean isPage(HttpServletRequest request) {
        String path = request.getRequestURI();
        return path.equals("/")
                || path.equals("/login")
                || path.equals("/logout")
                || path.startsWith("/confirm/")
                || path.startsWith("/actions/");
    }

    /** Whether a failure is to be a page: the client names HTML, as browsers do when they navigate. */
    static boolean wantsPage(HttpServletRequest request) {
        for (Enumeration<String> accept = request.getHeaders("Accept"); accept.hasMoreElements(); ) {
            if (accept.nextElement().contains("text/html")) {
                return true;
            }
        }
        return false;
    }
}
