package dev.ferry.migration;

import dev.ferry.database.TableFilter;
import dev.ferry.notification.NotificationFormat;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Settings with defaults that fit most; a bad value stops the start and names it. Environment variables set them too:
 * {@code FERRY_CHUNK_SIZE=16MB}.
 */
@Validated
@ConfigurationProperties("ferry")
public record FerryProperties(
        @Valid @DefaultValue Chunk chunk,
        @Valid @DefaultValue Copy copy,
        @Valid @DefaultValue Sync sync,
        @Valid @DefaultValue Lease lease,
        @Valid @DefaultValue Connect connect,
        @Valid @DefaultValue Client client,
        @Valid @DefaultValue Switch cutover,
        @Valid @DefaultValue Verify verify,
        @Valid @DefaultValue Notification notification) {

    /** For people who help, by name: each is named here on purpose, so that no later secret shows itself. */
    Map<String, String> shown(TableFilter excluded) {
        Map<String, String> shown = new TreeMap<>();
        shown.put("exclude-tables", String.join(", ", excluded.patterns()));
        shown.put("ferry.chunk.size", chunk.size().toString());
        shown.put("ferry.copy.workers", Integer.toString(copy.workers()));
        shown.put("ferry.sync.interval", sync.interval().toString());
        shown.put("ferry.sync.limit", Long.toString(sync.limit()));
        shown.put("ferry.lease.heartbeat", lease.heartbeat().toString());
        shown.put("ferry.lease.expiry", lease.expiry().toString());
        shown.put("ferry.connect.timeout", connect.timeout().toString());
        shown.put("ferry.connect.silence", connect.silence().toString());
        shown.put(
                "ferry.client.folder",
                client.folder() == null ? "" : client.folder().toString());
        shown.put("ferry.cutover.attempts", Integer.toString(cutover.attempts()));
        shown.put("ferry.notification.format", notification.format().name().toLowerCase(Locale.ROOT));
        shown.put("ferry.notification.lag", notification.lag().toString());
        shown.put("ferry.notification.log", notification.log().toString());
        shown.put("ferry.verify.lanes", Integer.toString(verify.lanes()));
        shown.put("ferry.verify.range", verify.range().toString());
        return shown;
    }

    /** @param size heap and TOAST that one transaction copies */
    public record Chunk(@NotNull @DefaultValue("64MB") DataSize size) {
        public Chunk {
            positive("size", size);
        }
    }

    /** @param workers connections that copy, and that build indexes, side by side */
    public record Copy(@Min(1) @Max(16) @DefaultValue("2") int workers) {}

    /**
     * Pace of the live sync.
     *
     * @param interval pause between cycles that leave nothing behind
     * @param limit rows of log that one cycle takes for a table while it catches up
     */
    public record Sync(
            @NotNull @DurationMin(millis = 1) @DefaultValue("200ms")
            Duration interval,

            @Min(100) @DefaultValue("100000") long limit) {}

    /**
     * Who leads.
     *
     * @param heartbeat how often the leader says that it lives
     * @param expiry after this long without one a successor takes over
     */
    public record Lease(
            @NotNull @DurationMin(millis = 1) @DefaultValue("5s")
            Duration heartbeat,

            @NotNull @DefaultValue("20s") Duration expiry) {
        public Lease {
            if (expiry.compareTo(heartbeat) <= 0) {
                throw new IllegalArgumentException("expiry must be longer than heartbeat, of which one may be lost");
            }
        }
    }

    /**
     * Patience with the network.
     *
     * @param timeout of an attempt to connect, and of the wait for a pooled connection
     * @param silence an end that has not answered for this long is taken for gone; all connections to it are ended
     */
    public record Connect(
            @NotNull @DurationMin(seconds = 1) @DefaultValue("10s")
            Duration timeout,

            @NotNull @DurationMin(seconds = 1) @DefaultValue("30s")
            Duration silence) {}

    /** @param folder where pg_dump and pg_restore are; by default the newest on the PATH or in the usual places */
    public record Client(@Nullable Path folder) {}

    /** @param attempts to lock all tables before a switch gives up */
    public record Switch(@Min(1) @DefaultValue("10") int attempts) {}

    /**
     * Pace of a verification.
     *
     * @param lanes ranges that are compared side by side; each takes a connection at either end
     * @param range heap and TOAST that one range of keys holds, about
     */
    public record Verify(
            @Min(1) @Max(8) @DefaultValue("2") int lanes,
            @NotNull @DefaultValue("256MB") DataSize range) {
        public Verify {
            positive("range", range);
        }
    }

    /**
     * Messages to NOTIFICATION_WEBHOOK_URL.
     *
     * @param lag a target that is further behind is told of; until half of it is reached again, once
     * @param log a log on the source that takes more is told of; in the same way
     */
    public record Notification(
            @NotNull @DefaultValue("slack") NotificationFormat format,

            @NotNull @DurationMin(seconds = 1) @DefaultValue("60s")
            Duration lag,

            @NotNull @DefaultValue("1GB") DataSize log) {
        public Notification {
            positive("log", log);
        }
    }

    private static void positive(String name, DataSize size) {
        if (size.toBytes() <= 0) {
            throw new IllegalArgumentException(name + " must be more than nothing");
        }
    }
}
