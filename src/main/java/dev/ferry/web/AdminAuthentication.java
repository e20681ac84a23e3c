package dev.ferry.web;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.stereotype.Component;

/**
 * Knows one user. Both parts are always compared. A failure is published as an event by the caller of this provider, which
 * is where a throttle can listen.
 */
@Component
class AdminAuthentication implements AuthenticationProvider {
    static final String USER = "admin";

    private final AdminPassword password;

    AdminAuthentication(AdminPassword password) {
        this.password = password;
    }

    @Override
    public Authentication authenticate(Authentication attempt) {
        boolean user = MessageDigest.isEqual(
                USER.getBytes(StandardCharsets.UTF_8), attempt.getName().getBytes(StandardCharsets.UTF_8));
        Object credentials = attempt.getCredentials();
        boolean secret = password.matches(credentials == null ? "" : credentials.toString());
        if (!user || !secret) {
            throw new BadCredentialsException("wrong user or password");
        }
        return UsernamePasswordAuthenticationToken.authenticated(
                USER, null, List.of(new SimpleGrantedAuthority("ROLE_ADMIN")));
    }

    @Override
    public boolean supports(Class<?> type) {
        return UsernamePasswordAuthenticationToken.class.isAssignableFrom(type);
    }
}
