package dev.ferry.web;

import dev.ferry.failure.FerryException;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.stereotype.Controller;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.servlet.ModelAndView;

/**
 * Every failure as JSON, or as a small page for a browser that asked for one. Neither shows more than a status and words
 * that were written for people: no stack trace, no class name.
 */
@Controller
@ControllerAdvice
class Failures implements ErrorController {
    private static final Logger log = LoggerFactory.getLogger(Failures.class);

    /** What the container or a filter refused, before any controller. */
    @RequestMapping("/error")
    @Nullable Object container(HttpServletRequest request, HttpServletResponse response) {
        Object code = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        HttpStatus status = code instanceof Integer number ? HttpStatus.resolve(number) : HttpStatus.NOT_FOUND;
        return answer(request, response, Objects.requireNonNullElse(status, HttpStatus.INTERNAL_SERVER_ERROR));
    }

    @ExceptionHandler(Query.Invalid.class)
    Object invalid(Query.Invalid e, HttpServletRequest request, HttpServletResponse response) {
        return answer(request, response, HttpStatus.BAD_REQUEST, "bad_request", String.valueOf(e.getMessage()));
    }

    @ExceptionHandler(FerryException.class)
    Object ferry(FerryException e, HttpServletRequest request, HttpServletResponse response) {
        log.warn("{} {}: {}", request.getMethod(), request.getRequestURI(), e.getMessage());
        return answer(
                request,
                response,
                HttpStatus.SERVICE_UNAVAILABLE,
                Answer.lower(e.code()),
                (e.getMessage() + " " + e.remedy()).strip());
    }

    @ExceptionHandler(Exception.class)
    Object other(Exception e, HttpServletRequest request, HttpServletResponse response) {
        if (e instanceof ErrorResponse known) {
            HttpStatusCode code = known.getStatusCode();
            HttpStatus status = Objects.requireNonNullElse(HttpStatus.resolve(code.value()), HttpStatus.BAD_REQUEST);
            String allow = known.getHeaders().getFirst(HttpHeaders.ALLOW);
            if (allow != null) {
                response.setHeader(HttpHeaders.ALLOW, allow);
            }
            return answer(request, response, status);
        }
        log.error("{} {} failed", request.getMethod(), request.getRequestURI(), e);
        return answer(request, response, HttpStatus.INTERNAL_SERVER_ERROR);
    }

    private static Object answer(HttpServletRequest request, HttpServletResponse response, HttpStatus status) {
        return switch (status) {
            case NOT_FOUND -> answer(request, response, status, "not_found", "There is nothing at this address.");
            case METHOD_NOT_ALLOWED ->
                answer(
                        request,
                        response,
                        status,
                        "method_not_allowed",
                        "This address does not take " + request.getMethod() + ".");
            case CONTENT_TOO_LARGE ->
                answer(request, response, status, "too_large", "The request is larger than any that Ferry needs.");
            default ->
                status.is4xxClientError()
                        ? answer(request, response, status, "bad_request", "The request cannot be understood.")
                        : answer(
                                request,
                                response,
                                status,
                                "internal",
                                "Ferry failed to answer; its log says why. The migration goes on.");
        };
    }

    private static Object answer(
            HttpServletRequest request, HttpServletResponse response, HttpStatus status, String code, String message) {
        if (Paths.wantsPage(request)) {
            response.setStatus(status.value());
            ModelAndView page = new ModelAndView("failure");
            page.addObject("status", status.value());
            page.addObject("message", message);
            return page;
        }
        return Answer.failure(status, code, message);
    }
}
