package dev.ferry.migration;

import dev.ferry.schema.PgClient;
import java.nio.file.Path;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The migration of this process. Started once the port is bound: a host waits for the port, not for a database. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(FerryProperties.class)
class MigrationConfiguration {
    @Bean
    FerryEnvironment ferryEnvironment() {
        return FerryEnvironment.of(System.getenv());
    }

    @Bean(destroyMethod = "close")
    LiveMigration migration(FerryEnvironment environment, FerryProperties properties) {
        Path folder = properties.client().folder();
        PgClient pgClient = folder == null ? PgClient.installed() : PgClient.installedIn(folder);
        return new LiveMigration(environment, properties, pgClient, Clock.systemUTC());
    }

    @Bean
    org.springframework.context.ApplicationListener<org.springframework.boot.context.event.ApplicationReadyEvent>
            startMigration(LiveMigration migration) {
        return event -> migration.start();
    }
}
