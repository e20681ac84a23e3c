package dev.ferry;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts Ferry. */
@SpringBootApplication
public class FerryApplication {
    public static void main(String[] arguments) {
        SpringApplication.run(FerryApplication.class, arguments);
    }
}
