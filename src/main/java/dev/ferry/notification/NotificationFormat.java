package dev.ferry.notification;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** How a message is written for its receiver. */
public enum NotificationFormat {
    /** {@code {"text": "..."}}, as Slack and what imitates it take it. */
    SLACK {
        @Override
        Map<String, Object> fields(Notice notice) {
            return Map.of("text", escaped(notice.text()));
        }
    },
    /** Every figure under its own name. */
    JSON {
        @Override
        Map<String, Object> fields(Notice notice) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("event", notice.milestone().label());
            fields.put("text", notice.text());
            fields.put("phase", notice.phase());
            fields.put("run_id", notice.runId().toString());
            fields.put("branch", notice.place().branch());
            fields.put("source", notice.place().source());
            fields.put("target", notice.place().target());
            fields.put("at", notice.at().toString());
            notice.figures().forEach(fields::putIfAbsent);
            return fields;
        }
    };

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    abstract Map<String, Object> fields(Notice notice);

    String body(Notice notice) {
        return MAPPER.writeValueAsString(fields(notice));
    }

    /** Else a text in angle brackets would be a link, or call everyone. */
    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
