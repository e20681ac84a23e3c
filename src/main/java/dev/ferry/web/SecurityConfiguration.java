package dev.ferry.web;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.annotation.web.configurers.HeadersConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.security.web.context.NullSecurityContextRepository;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.security.web.savedrequest.NullRequestCache;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.AndRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * Three kinds of request, each with its own chain: what is open to everybody; scripts, known by their Authorization header,
 * which never touch a session; and browsers, which have a session and must show its CSRF token. Keeping the last two apart
 * means that a header cannot switch the token off for a session.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(WebSettings.class)
class SecurityConfiguration {
    private static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; "
            + "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private static final String ACTUATOR_HEALTH = "/actuator/health/**";

    private final JsonResponse json;
    private final WebSettings settings;

    SecurityConfiguration(JsonResponse json, WebSettings settings) {
        this.json = json;
        this.settings = settings;
    }

    @Bean
    @Order(1)
    SecurityFilterChain open(HttpSecurity http) {
        // With a password health shows more: then it is a script's request.
        RequestMatcher health = new AndRequestMatcher(
                PathPatternRequestMatcher.pathPattern(ACTUATOR_HEALTH),
                request -> request.getHeader(HttpHeaders.AUTHORIZATION) == null);
        RequestMatcher open = new OrRequestMatcher(
                health,
                PathPatternRequestMatcher.pathPattern("/health"),
                PathPatternRequestMatcher.pathPattern("/assets/**"),
                PathPatternRequestMatcher.pathPattern("/webjars/**"));
        return http.securityMatcher(open)
                .headers(SecurityConfiguration::headers)
                .csrf(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .requestCache(AbstractHttpConfigurer::disable)
                .securityContext(context -> context.securityContextRepository(new NullSecurityContextRepository()))
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
                .build();
    }

    @Bean
    @Order(2)
    SecurityFilterChain scripts(HttpSecurity http) {
        return http.securityMatcher(request -> request.getHeader(HttpHeaders.AUTHORIZATION) != null)
                .headers(SecurityConfiguration::headers)
                .csrf(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .requestCache(AbstractHttpConfigurer::disable)
                .securityContext(context -> context.securityContextRepository(new NullSecurityContextRepository()))
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .httpBasic(basic -> basic.authenticationEntryPoint(unauthorized()))
                .exceptionHandling(failures -> failures.authenticationEntryPoint(unauthorized()))
                .addFilterAfter(
                        new CrossSiteFilter(json), org.springframework.security.web.header.HeaderWriterFilter.class)
                .authorizeHttpRequests(SecurityConfiguration::onlyAdmin)
                .build();
    }

    @Bean
    @Order(3)
    SecurityFilterChain browsers(HttpSecurity http) {
        return http.headers(SecurityConfiguration::headers)
                .requestCache(cache -> cache.requestCache(new NullRequestCache()))
                .formLogin(form -> form.loginPage("/login")
                        .successHandler(this::loggedIn)
                        .failureHandler((request, response, e) -> response.sendRedirect("/login?failed"))
                        .permitAll())
                .logout(out -> out.logoutUrl("/logout").logoutSuccessUrl("/login?out"))
                .exceptionHandling(failures ->
                        failures.authenticationEntryPoint(unauthorized()).accessDeniedHandler(forbidden()))
                .authorizeHttpRequests(SecurityConfiguration::onlyAdmin)
                .build();
    }

    private static void onlyAdmin(
            org.springframework.security.config.annotation.web.configurers.AuthorizeHttpRequestsConfigurer<HttpSecurity>
                            .AuthorizationManagerRequestMatcherRegistry
                    requests) {
        requests.dispatcherTypeMatchers(DispatcherType.ERROR, DispatcherType.ASYNC)
                .permitAll()
                .requestMatchers("/login")
                .permitAll()
                .anyRequest()
                .authenticated();
    }

    private static void headers(HeadersConfigurer<HttpSecurity> headers) {
        headers.contentSecurityPolicy(policy -> policy.policyDirectives(CONTENT_SECURITY_POLICY))
                .referrerPolicy(policy -> policy.policy(ReferrerPolicy.NO_REFERRER))
                .frameOptions(HeadersConfigurer.FrameOptionsConfig::deny)
                .permissionsPolicyHeader(
                        policy -> policy.policy("camera=(), microphone=(), geolocation=(), payment=(), usb=()"))
                .crossOriginOpenerPolicy(policy -> policy.policy(
                        org.springframework.security.web.header.writers.CrossOriginOpenerPolicyHeaderWriter
                                .CrossOriginOpenerPolicy.SAME_ORIGIN))
                .crossOriginResourcePolicy(policy -> policy.policy(
                        org.springframework.security.web.header.writers.CrossOriginResourcePolicyHeaderWriter
                                .CrossOriginResourcePolicy.SAME_ORIGIN));
    }

    private void loggedIn(HttpServletRequest request, HttpServletResponse response, Authentication authentication)
            throws IOException {
        request.getSession()
                .setMaxInactiveInterval((int) settings.sessionTimeout().toSeconds());
        response.sendRedirect("/");
    }

    /** No challenge: a browser would ask for the password in a box of its own and then send it with every request. */
    private AuthenticationEntryPoint unauthorized() {
        return (request, response, e) -> {
            if (Paths.isPage(request) && request.getHeader(HttpHeaders.AUTHORIZATION) == null) {
                boolean stale = request.getRequestURI().equals("/login");
                response.sendRedirect(stale ? "/login?expired" : "/login");
            } else {
                json.write(
                        response,
                        HttpStatus.UNAUTHORIZED,
                        new Answer.Failure("Log in as admin with Ferry's PASSWORD.", "unauthorized"));
            }
        };
    }

    private AccessDeniedHandler forbidden() {
        return (request, response, e) -> {
            Authentication user = SecurityContextHolder.getContext().getAuthentication();
            boolean known =
                    user != null && user.isAuthenticated() && user.getName().equals(AdminAuthentication.USER);
            if (known) {
                json.write(
                        response,
                        HttpStatus.FORBIDDEN,
                        new Answer.Failure(
                                "The request has no valid CSRF token; nothing was done. Load the page again.", "csrf"));
            } else {
                // Nobody is logged in: that, and not the token, is what is missing.
                unauthorized()
                        .commence(
                                request,
                                response,
                                new org.springframework.security.authentication.InsufficientAuthenticationException(
                                        "not logged in"));
            }
        };
    }
}
