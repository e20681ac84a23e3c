package dev.ferry;

import dev.ferry.migration.FerryEnvironment;
import dev.ferry.web.AdminPassword;
import java.time.ZoneOffset;
import java.util.List;
import java.util.TimeZone;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Starts Ferry. */
@SpringBootApplication
public class FerryApplication {
    public static void main(String[] arguments) {
        List<String> missing = FerryEnvironment.missing(System.getenv());
        if (!missing.isEmpty()) {
            System.err.println(
                    "Ferry needs " + String.join(", ", missing) + (missing.size() == 1 ? ", which is" : ", which are")
                            + " missing or empty. Set HEROKU_URL, PLANETSCALE_URL and PASSWORD, then start it again.");
            System.exit(1);
        }
        // Before the first line is logged: log and JSON have one time, wherever Ferry runs.
        TimeZone.setDefault(TimeZone.getTimeZone(ZoneOffset.UTC));
        SpringApplication.run(FerryApplication.class, arguments);
    }

    @Bean
    AdminPassword adminPassword() {
        return AdminPassword.fromEnvironment()
                .orElseThrow(() -> new IllegalStateException("PASSWORD was there at the start and is gone"));
    }
}
