package dev.ferry.web;

import jakarta.validation.constraints.Min;
import java.time.Duration;
import java.util.Map;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The rhythm of the dashboard.
 *
 * @param renderEvery how often the live parts are rendered while someone watches
 * @param sampleEvery distance of two points of the chart
 * @param historySize points of the chart that are kept
 * @param heartbeat a stream says at least this often that it is alive; Heroku closes it after 55 s of silence
 * @param streamLifetime a stream ends by itself after this; the browser opens another
 * @param maximumStreams more are refused
 * @param sessionTimeout how long a log-in lasts without any request; an open dashboard counts as one
 * @param preflightWait how long a request waits for the checks; Heroku's router gives it 30 s
 */
@Validated
@ConfigurationProperties("ferry.web")
record WebSettings(
        @DurationMin(millis = 1) @DefaultValue("1s") Duration renderEvery,
        @DurationMin(millis = 1) @DefaultValue("2s") Duration sampleEvery,
        @Min(1) @DefaultValue("1800") int historySize,
        @DurationMin(millis = 1) @DefaultValue("10s") Duration heartbeat,
        @DurationMin(millis = 1) @DefaultValue("10m") Duration streamLifetime,
        @Min(0) @DefaultValue("1000") int maximumStreams,
        @DurationMin(millis = 1) @DefaultValue("12h") Duration sessionTimeout,
        @DurationMin(millis = 1) @DefaultValue("25s") Duration preflightWait) {

    /** For people who help, by name. */
    Map<String, String> shown() {
        return Map.of(
                "ferry.web.render-every", renderEvery.toString(),
                "ferry.web.sample-every", sampleEvery.toString(),
                "ferry.web.history-size", Integer.toString(historySize),
                "ferry.web.heartbeat", heartbeat.toString(),
                "ferry.web.stream-lifetime", streamLifetime.toString(),
                "ferry.web.maximum-streams", Integer.toString(maximumStreams),
                "ferry.web.session-timeout", sessionTimeout.toString(),
                "ferry.web.preflight-wait", preflightWait.toString());
    }
}
