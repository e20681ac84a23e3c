package dev.ferry;

import dev.ferry.migration.FerryEnvironment;
import dev.ferry.web.AdminPassword;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.TimeZone;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Starts Ferry. */
@SpringBootApplication
public class FerryApplication {
    public static void main(String[] arguments) {
        Optional<String> reason = FerryEnvironment.against(System.getenv());
        if (reason.isPresent()) {
            System.err.println(reason.get());
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
