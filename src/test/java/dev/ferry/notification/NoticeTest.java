package dev.ferry.notification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

class NoticeTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final UUID RUN = UUID.fromString("00000000-0000-0000-0000-00000000002a");
    private static final Instant AT = Instant.parse("2031-05-06T07:08:09.250Z");
    private static final Place PLACE = new Place("ec2.example:5432/d1", "aws.psdb.cloud:5432/postgres", "b7k2m");

    static Stream<Arguments> sentences() {
        return Stream.of(
                Arguments.of(
                        Milestone.STARTED,
                        Map.of(),
                        "Started: from ec2.example:5432/d1 to aws.psdb.cloud:5432/postgres."),
                Arguments.of(
                        Milestone.SCHEMA_COPIED,
                        Map.of(),
                        "The schema is copied. Every change on the source is logged from here on."),
                Arguments.of(
                        Milestone.COPY_DONE,
                        Map.of("rows", 1_234_567, "tables", 12, "bytes", 99),
                        "All rows are copied: 1,234,567 rows of 12 tables. What changed meanwhile follows."),
                Arguments.of(
                        Milestone.IN_SYNC,
                        Map.of(),
                        "In sync: the target follows the source. Switch when you are ready."),
                Arguments.of(
                        Milestone.SWITCHED,
                        Map.of("write_blocked_ms", 1118),
                        "Switched: safe to point the app at PlanetScale. Writes were refused for 1,118 ms."),
                Arguments.of(Milestone.REVERTED, Map.of(), "Reverted: the app may write to the source again."),
                Arguments.of(Milestone.COMPLETED, Map.of("seconds", 7_385), "Completed, 2 h 3 min after the start."),
                Arguments.of(Milestone.ABORTED, Map.of(), "Aborted."),
                Arguments.of(
                        Milestone.ERROR,
                        Map.of("error", "The target: the disk is full.", "failed_phase", "copying"),
                        "Stopped by an error. The target: the disk is full."),
                Arguments.of(
                        Milestone.STALLED,
                        Map.of("no_progress_minutes", 5.2, "reason", "No chunk was finished for 5 minutes."),
                        "The copy makes no progress. No chunk was finished for 5 minutes."),
                Arguments.of(Milestone.STALL_OVER, Map.of(), "The copy makes progress again."),
                Arguments.of(
                        Milestone.LAG_HIGH,
                        Map.of("lag_seconds", 83.4, "limit_seconds", 60.0, "reason", "The source does not answer."),
                        "The target is 1 min 23 s behind the source (limit 1 min 0 s). The source does not answer."),
                Arguments.of(
                        Milestone.LAG_RECOVERED,
                        Map.of("lag_seconds", 0.3, "limit_seconds", 60.0),
                        "The target has caught up: 0 s behind the source."),
                Arguments.of(
                        Milestone.LOG_LARGE,
                        Map.of("log_bytes", 1_300_000_000L, "limit_bytes", 1L << 30),
                        "The log of changes takes 1.2 GB on the source (limit 1.0 GB). See that the source has room."),
                Arguments.of(
                        Milestone.LOG_RECOVERED,
                        Map.of("log_bytes", 16_384, "limit_bytes", 1L << 30),
                        "The log of changes takes only 16 kB on the source again."));
    }

    @ParameterizedTest
    @MethodSource("sentences")
    void saysWhatHappenedInBothFormats(Milestone milestone, Map<String, Object> figures, String sentence) {
        Notice notice = new Notice(milestone, "replicating", RUN, AT, figures, PLACE);
        String text = "Ferry, PlanetScale branch b7k2m: " + sentence;

        assertThat(fields(NotificationFormat.SLACK, notice)).isEqualTo(Map.of("text", text));

        Map<String, Object> expected = new HashMap<>(figures);
        expected.put("event", milestone.label());
        expected.put("text", text);
        expected.put("phase", "replicating");
        expected.put("run_id", RUN.toString());
        expected.put("branch", "b7k2m");
        expected.put("source", "ec2.example:5432/d1");
        expected.put("target", "aws.psdb.cloud:5432/postgres");
        expected.put("at", "2031-05-06T07:08:09.250Z");
        Map<String, Object> sent = fields(NotificationFormat.JSON, notice);
        assertThat(sent.keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
        expected.forEach((name, value) ->
                assertThat(String.valueOf(sent.get(name))).as(name).isEqualTo(String.valueOf(value)));
    }

    @Test
    void everyMilestoneHasASentence() {
        assertThat(sentences().map(arguments -> arguments.get()[0]))
                .containsExactlyInAnyOrderElementsOf(Arrays.asList(Milestone.values()));
    }

    private static Map<String, Object> fields(NotificationFormat format, Notice notice) {
        return JSON.readValue(format.body(notice), new TypeReference<Map<String, Object>>() {});
    }

    private static Notice error(String error) {
        return new Notice(Milestone.ERROR, "error", RUN, AT, Map.of("error", error), PLACE);
    }

    @Test
    void slackIsNotMadeToCallEveryoneByAnErrorsText() {
        assertThat(fields(NotificationFormat.SLACK, error("<!channel> a & b")).get("text"))
                .asString()
                .endsWith("&lt;!channel&gt; a &amp; b");
        assertThat(fields(NotificationFormat.JSON, error("<!channel> a & b")).get("text"))
                .asString()
                .endsWith("<!channel> a & b");
    }

    @Test
    void aVeryLongErrorIsCut() {
        assertThat(error("x".repeat(100_000)).text()).hasSizeLessThan(3_010).endsWith("x...");
    }

    @Test
    void whereNoBranchIsKnownTheTargetIsNamed() {
        Place place = new Place("ec2.example:5432/d1", "localhost:5432/shop", null);
        Notice notice = new Notice(Milestone.ABORTED, "aborted", RUN, AT, Map.of(), place);
        assertThat(notice.text()).isEqualTo("Ferry, localhost:5432/shop: Aborted.");
        assertThat(fields(NotificationFormat.JSON, notice)).containsEntry("branch", null);
    }

    @ParameterizedTest
    @CsvSource({
        "postgres.b7k2m, b7k2m",
        "postgres.b7k2m|pool, b7k2m",
        "pscale_api_1.x.b7k2m|replica.pool, b7k2m",
        "postgres,",
        "postgres.,",
        "postgres|a.b,",
    })
    void theBranchIsWhatFollowsTheRole(String user, @Nullable String branch) {
        assertThat(Place.branchOf(user)).isEqualTo(branch);
    }

    @Test
    void aPlaceHoldsNoPassword() {
        Place place = Place.between(
                DatabaseUrl.parse(End.SOURCE, "postgres://u:S3CRET@ec2.example/d1"),
                DatabaseUrl.parse(End.TARGET, "postgres://postgres.b7k2m%7Cpool:S3CRET@aws.psdb.cloud/postgres"));
        assertThat(place).isEqualTo(PLACE);
    }
}
