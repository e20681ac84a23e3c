package dev.ferry.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Basic credentials come without a CSRF token, so a page of another site must not be able to make a browser send them. A
 * browser says where a request comes from; scripts do not.
 */
final class CrossSiteFilter extends OncePerRequestFilter {
    private final JsonResponse json;

    CrossSiteFilter(JsonResponse json) {
        this.json = json;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        @Nullable String site = request.getHeader("Sec-Fetch-Site");
        if (site == null || site.equals("same-origin") || site.equals("none")) {
            chain.doFilter(request, response);
        } else {
            json.write(
                    response,
                    HttpStatus.FORBIDDEN,
                    new Answer.Failure("Requests that another site makes are refused.", "cross_site"));
        }
    }
}
