package dev.ferry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.End;
import dev.ferry.failure.FailureCode;
import dev.ferry.migration.FerryEnvironment;
import dev.ferry.migration.Outcome;
import dev.ferry.migration.Phase;
import dev.ferry.migration.Readiness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** What the documents say of names is what the code says. Their sentences are for people to keep true. */
class DocumentsTest {
    private static final Path ROOT = Path.of("").toAbsolutePath();
    /** Of the operating system, not of Ferry. */
    private static final Set<String> NOT_FERRYS = Set.of("PATH");

    @Test
    void everySettingStandsInTheReadmeWithItsDefault() {
        Map<String, String> settings = new TreeMap<>();
        for (Class<?> type : annotated(ConfigurationProperties.class)) {
            ConfigurationProperties properties = type.getAnnotation(ConfigurationProperties.class);
            String prefix = properties.prefix().isEmpty() ? properties.value() : properties.prefix();
            collectSettings(prefix, type, settings);
        }

        assertThat(settings).containsKey("FERRY_CHUNK_SIZE").hasSizeGreaterThan(10);
        Map<String, String> rows = tableRows(read("README.md"));
        settings.forEach((variable, usual) -> {
            assertThat(rows).as("rows of README.md's tables").containsKey(variable);
            assertThat(rows.get(variable))
                    .as("README.md's row of " + variable)
                    .contains(usual.isEmpty() ? "|" : "| " + usual + " |");
        });
        assertThat(rows.keySet().stream().filter(name -> name.startsWith("FERRY_")))
                .as("settings that README.md names")
                .isSubsetOf(settings.keySet());
    }

    @Test
    void everyVariableThatTheCodeReadsStandsInTheReadme() {
        Pattern read =
                Pattern.compile("(?:getenv\\(|variables\\.get(?:OrDefault)?\\(|VARIABLE = )\\s*\"([A-Z][A-Z0-9_]*)\"");
        Set<String> variables = new TreeSet<>(FerryEnvironment.missing(Map.of()));
        sources("src/main/java").forEach(source -> variables.addAll(found(read, source)));
        variables.addAll(
                found(Pattern.compile("\\$\\{([A-Z][A-Z0-9_]*)"), read("src/main/resources/application.yaml")));
        for (End end : End.values()) {
            variables.add(end.variable());
        }
        variables.removeAll(NOT_FERRYS);

        assertThat(variables).contains("HEROKU_URL", "PLANETSCALE_URL", "PASSWORD", "EXCLUDE_TABLES", "PORT");
        assertThat(tableRows(read("README.md")).keySet())
                .as("rows of README.md's tables")
                .containsAll(variables);
    }

    @Test
    void everyCheckIsNamedInOperations() {
        Pattern fixed = Pattern.compile("Check\\.of(?:Source|Target|Both)\\(\\s*\"([a-z-]+)\"");
        Pattern ofAnEnd = Pattern.compile("\\.label\\(\\) \\+ \"(-[a-z-]+)\"");
        Set<String> ids = new TreeSet<>();
        for (String source : sources("src/main/java/dev/ferry/preflight")) {
            ids.addAll(found(fixed, source));
            for (String ending : found(ofAnEnd, source)) {
                for (End end : End.values()) {
                    ids.add(end.label() + ending);
                }
            }
        }

        assertThat(ids)
                .contains("source-reachable", "target-direct", "pg-dump", "sizes")
                .hasSizeGreaterThan(40);
        assertThat(read("docs/operations.md")).contains(quoted(ids));
    }

    @Test
    void everyPathOfTheApiIsInItsDocument() {
        List<String> paths = new ArrayList<>();
        for (Class<?> controller : annotated(RestController.class)) {
            for (Method method : controller.getDeclaredMethods()) {
                RequestMapping mapping = AnnotatedElementUtils.findMergedAnnotation(method, RequestMapping.class);
                if (mapping != null) {
                    for (String path : mapping.path()) {
                        paths.add(mapping.method()[0] + " " + path);
                    }
                }
            }
        }

        assertThat(paths).contains("GET /status", "POST /switch-traffic").hasSizeGreaterThan(10);
        // GET /logs?lines=n and `GET /health` alike, but not /start of /start-copy.
        assertThat(paths)
                .allSatisfy(path ->
                        assertThat(read("docs/api.md")).containsPattern("`" + Pattern.quote(path) + "(?:`|\\?)"));
    }

    @Test
    void everyFieldAndCodeOfTheApiIsInItsDocument() {
        Set<String> words = new TreeSet<>();
        collectFields(typeNamed("dev.ferry.web.StatusJson"), words);
        collectFields(typeNamed("dev.ferry.web.PreflightJson"), words);
        Arrays.stream(Phase.values()).map(Phase::label).forEach(words::add);
        for (Enum<?>[] constants :
                List.of(Outcome.Refused.Code.values(), Readiness.Level.values(), FailureCode.values())) {
            Arrays.stream(constants)
                    .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                    .forEach(words::add);
        }
        for (String source : sources("src/main/java/dev/ferry/migration")) {
            words.addAll(found(Pattern.compile("Readiness\\.Blocker\\(\\s*\"([a-z_]+)\""), source));
        }

        assertThat(words)
                .contains("write_blocked_ms", "could_not_run", "schema_drift", "preflight_blocked", "waiting")
                .hasSizeGreaterThan(70);
        String document = read("docs/api.md");
        Set<String> named = found(Pattern.compile("`([a-z_]+)(?:\\[\\])?`"), document);
        // A list of fields in braces is quoted as a whole.
        found(Pattern.compile("`\\{([a-z_, \\[\\]]+)\\}`"), document)
                .forEach(list -> named.addAll(List.of(list.replace("[]", "").split(", "))));
        assertThat(named).containsAll(words);
    }

    @Test
    void linksLeadSomewhere() {
        List<String> broken = new ArrayList<>();
        Set<String> links = new HashSet<>();
        for (Path document : documents()) {
            String text = withoutCode(read(document));
            Set<String> targets = found(Pattern.compile("\\]\\(([^)\\s]+)\\)"), text);
            targets.addAll(found(Pattern.compile("(?:src|srcset|href)=\"([^\"\\s]+)\""), text));
            for (String link : targets) {
                if (!link.matches("[a-z]+:.*")) {
                    links.add(link);
                    if (!leadsSomewhere(document, link)) {
                        broken.add(ROOT.relativize(document) + ": " + link);
                    }
                }
            }
        }

        assertThat(links).contains("docs/how-it-works.md", "docs/images/dashboard.png");
        assertThat(broken).as("links to nothing").isEmpty();
    }

    private static boolean leadsSomewhere(Path document, String link) {
        String[] parts = link.split("#", 2);
        Path file = parts[0].isEmpty()
                ? document
                : document.resolveSibling(URLDecoder.decode(parts[0], StandardCharsets.UTF_8))
                        .normalize();
        if (!Files.exists(file)) {
            return false;
        }
        return parts.length == 1 || headings(read(file)).contains(parts[1]);
    }

    /** As GitHub makes anchors of them. */
    private static Set<String> headings(String text) {
        return found(Pattern.compile("(?m)^#{1,6} (.+)$"), withoutCode(text)).stream()
                .map(heading -> heading.toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    /** Variables that begin a row of a table, each with the whole row. */
    private static Map<String, String> tableRows(String text) {
        Map<String, String> rows = new TreeMap<>();
        Matcher matcher =
                Pattern.compile("(?m)^\\| `([A-Z][A-Z0-9_]*)` (\\|.*)$").matcher(text);
        while (matcher.find()) {
            rows.put(matcher.group(1), matcher.group(2));
        }
        return rows;
    }

    /** By the rule of relaxed binding: dots become underscores, dashes and upper-case letters within a name nothing. */
    private static void collectSettings(String prefix, Class<?> type, Map<String, String> settings) {
        for (RecordComponent component : type.getRecordComponents()) {
            String name = prefix + "." + component.getName();
            if (component.getType().isRecord()) {
                collectSettings(name, component.getType(), settings);
            } else {
                // A record's annotations are on the constructor's parameters.
                DefaultValue usual = Arrays.stream(type.getDeclaredConstructors()[0].getParameters())
                        .filter(parameter -> parameter.getName().equals(component.getName()))
                        .findFirst()
                        .map(parameter -> parameter.getAnnotation(DefaultValue.class))
                        .orElse(null);
                settings.put(
                        name.toUpperCase(Locale.ROOT).replace('.', '_'),
                        usual == null ? "" : String.join(",", usual.value()));
            }
        }
    }

    /** Component names of a record and of the records within it, in snake case as they are written. */
    private static void collectFields(Class<?> type, Set<String> fields) {
        for (RecordComponent component : type.getRecordComponents()) {
            fields.add(component.getName().equals("switchStatus") ? "switch" : snakeCase(component.getName()));
            for (Class<?> inner : typesWithin(component.getGenericType())) {
                if (inner.isRecord()) {
                    collectFields(inner, fields);
                }
            }
        }
    }

    private static List<Class<?>> typesWithin(Type type) {
        if (type instanceof Class<?> plain) {
            return List.of(plain);
        }
        return type instanceof ParameterizedType parameterized
                ? Arrays.stream(parameterized.getActualTypeArguments())
                        .flatMap(argument -> typesWithin(argument).stream())
                        .toList()
                : List.of();
    }

    private static String snakeCase(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    private static List<Class<?>> annotated(Class<? extends java.lang.annotation.Annotation> annotation) {
        ClassPathScanningCandidateComponentProvider scanner = new ClassPathScanningCandidateComponentProvider(false);
        scanner.addIncludeFilter(new AnnotationTypeFilter(annotation));
        return scanner.findCandidateComponents("dev.ferry").stream()
                .map(BeanDefinition::getBeanClassName)
                .<Class<?>>map(DocumentsTest::typeNamed)
                .filter(type -> isOfTheProduct(type))
                .toList();
    }

    private static boolean isOfTheProduct(Class<?> type) {
        return type.getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .equals(FerryApplication.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation());
    }

    private static Class<?> typeNamed(@org.jspecify.annotations.Nullable String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("renamed? then rename it in this test, too", e);
        }
    }

    private static List<String> quoted(Set<String> words) {
        return words.stream().map(word -> "`" + word + "`").toList();
    }

    private static Set<String> found(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String withoutCode(String text) {
        return text.replaceAll("(?ms)^ *```.*?^ *```$", "");
    }

    private static List<String> sources(String folder) {
        try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .map(DocumentsTest::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> documents() {
        try (Stream<Path> top = Files.list(ROOT);
                Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            return Stream.concat(top, docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(String file) {
        return read(ROOT.resolve(file));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
