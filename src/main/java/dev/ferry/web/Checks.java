package dev.ferry.web;

import dev.ferry.migration.Migration;
import dev.ferry.preflight.PreflightReport;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** What takes longer than a page may: the preflight's report and the statements of the cutover, found in the background. */
@Component
class Checks {
    private static final int FRESH_SECONDS = 5;
    private static final Duration PREFLIGHT_AGE = Duration.ofSeconds(60);
    private static final Duration SQL_AGE = Duration.ofSeconds(15);

    private final ExecutorService threads = Executors.newFixedThreadPool(2, task -> {
        Thread thread = new Thread(task, "dashboard-checks");
        thread.setDaemon(true);
        return thread;
    });
    private final Background<PreflightReport> preflight;
    private final Background<Migration.CutoverSql> cutoverSql;
    private final WebSettings settings;

    Checks(Migration migration, WebSettings settings) {
        this.preflight = new Background<>(() -> migration.preflight(FRESH_SECONDS), threads);
        this.cutoverSql = new Background<>(migration::cutoverSql, threads);
        this.settings = settings;
    }

    /** A report that is a few seconds old at most. */
    PreflightReport await() throws TimeoutException {
        try {
            return preflight.refresh().get(settings.preflightWait().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the checks ran", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("the checks failed", e.getCause());
        }
    }

    void again() {
        preflight.begin();
    }

    boolean running() {
        return preflight.isRunning();
    }

    @Nullable PreflightReport report() {
        return preflight.last();
    }

    Migration.@Nullable CutoverSql sql() {
        return cutoverSql.last();
    }

    void keepReportFresh() {
        preflight.beginIfOlderThan(PREFLIGHT_AGE);
    }

    /** What was found before a migration says nothing of what stands in the way of another one after it. */
    void forgetReport() {
        preflight.forget();
    }

    void keepSqlFresh() {
        cutoverSql.beginIfOlderThan(SQL_AGE);
    }

    @PreDestroy
    void stop() {
        threads.shutdownNow();
    }
}
