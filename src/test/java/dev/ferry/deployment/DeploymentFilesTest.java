package dev.ferry.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.migration.FerryEnvironment;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The files that hosts read, held against what the code needs. */
class DeploymentFilesTest {
    /** A variable's name as the first argument of a look-up, or as a constant that is called so. */
    private static final Pattern READ = Pattern.compile(
            "(?:getenv|variables\\s*\\.\\s*get|variables\\s*\\.\\s*getOrDefault)\\(\\s*\"([A-Z][A-Z_]+)\"|VARIABLE = \"([A-Z][A-Z_]+)\"");

    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([A-Z][A-Z_]+)[:}]");

    /** A row of the README's table of variables. */
    private static final Pattern ROW = Pattern.compile("^\\| `([A-Z][A-Z_]+)` \\|(.*)$", Pattern.MULTILINE);

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode app() {
        return new JsonMapper().readTree(read("app.json"));
    }

    private static Stream<MatchResult> readmeRows() {
        return ROW.matcher(read("README.md"))
                .results()
                .filter(row -> !row.group(1).startsWith("FERRY_"));
    }

    /** Named in the documents as accepted, and not read. */
    private static Set<String> withoutEffect() {
        return readmeRows()
                .filter(row -> row.group(2).contains("without effect"))
                .map(row -> row.group(1))
                .collect(Collectors.toSet());
    }

    /** Every variable that the code looks up by itself; those of Spring's own are not among them, nor is PATH. */
    private static Set<String> readByTheCode() {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            for (Path source :
                    sources.filter(file -> file.toString().endsWith(".java")).toList()) {
                READ.matcher(read(source.toString()))
                        .results()
                        .map(found -> found.group(1) == null ? found.group(2) : found.group(1))
                        .forEach(names::add);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        PLACEHOLDER
                .matcher(read("src/main/resources/application.yaml"))
                .results()
                .map(found -> found.group(1))
                .forEach(names::add);
        names.addAll(FerryEnvironment.missing(Map.of()));
        names.add("LOGGING_STRUCTURED_FORMAT_CONSOLE"); // by Spring, on Ferry's behalf
        names.remove("PATH");
        return names;
    }

    @Test
    void theReadmesTableHasEveryVariableThatTheCodeReadsAndNoOther() {
        assertThat(readByTheCode()).contains("HEROKU_URL", "PLANETSCALE_URL", "PASSWORD", "EXCLUDE_TABLES", "PORT");
        assertThat(readmeRows()
                        .map(row -> row.group(1))
                        .filter(name -> !withoutEffect().contains(name)))
                .containsExactlyInAnyOrderElementsOf(readByTheCode());
    }

    @Test
    void theButtonAsksForEveryVariableOfTheReadmeButThePort() {
        assertThat(app().path("env").propertyNames())
                .containsExactlyInAnyOrderElementsOf(readmeRows()
                        .map(row -> row.group(1))
                        .filter(name -> !name.equals("PORT"))
                        .toList());
    }

    @Test
    void theButtonRequiresWhatFerryDoesNotStartWithout() {
        JsonNode variables = app().path("env");
        assertThat(variables.propertyNames().stream()
                        .filter(name -> variables.path(name).path("required").booleanValue(true)))
                .containsExactlyInAnyOrderElementsOf(FerryEnvironment.missing(Map.of()));
        assertThat(variables.propertyStream())
                .allSatisfy(variable -> assertThat(
                                variable.getValue().path("description").stringValue(""))
                        .as("description of %s", variable.getKey())
                        .isNotBlank());
    }

    @Test
    void theButtonMakesOneWebDynoOfTheImageAndNoAddOn() {
        assertThat(app().path("stack").stringValue("")).isEqualTo("container");
        assertThat(app().path("formation").propertyNames()).containsExactly("web");
        assertThat(app().path("formation").path("web").path("quantity").intValue(0))
                .isOne();
        assertThat(app().path("addons").size()).isZero();
    }

    @Test
    void herokuBuildsTheDockerfileAndRunsItsOwnCommand() {
        Map<String, Object> file = new Yaml().load(read("heroku.yml"));
        assertThat(file).isEqualTo(Map.of("build", Map.of("docker", Map.of("web", "Dockerfile"))));
        assertThat(Path.of("Dockerfile")).isRegularFile();
        assertThat(read("Dockerfile")).containsPattern("(?m)^CMD \\[\"[^\" ]+\"]$");
    }

    @Test
    void theProcfileStartsTheJarThatTheBuildMakes() {
        assertThat(read("Procfile")).isEqualTo("web: java -jar target/" + fromPom("finalName") + ".jar\n");
        assertThat(read("Dockerfile")).contains("target/" + fromPom("finalName") + ".jar");
        assertThat(read("docker/java.options")).contains("-jar /opt/ferry/" + fromPom("finalName") + ".jar");
    }

    @Test
    void buildpacksTakeTheJavaThatTheCodeIsCompiledFor() throws IOException {
        Properties properties = new Properties();
        properties.load(new StringReader(read("system.properties")));
        assertThat(properties).containsExactly(Map.entry("java.runtime.version", fromPom("java.version")));
    }

    @Test
    void theCacheOfTheTrainingRunIsTheOneThatIsUsed() {
        String cache = read("docker/java.options")
                .lines()
                .filter(line -> line.startsWith("-XX:AOTCache="))
                .map(line -> line.substring(line.indexOf('=') + 1))
                .collect(Collectors.joining());
        assertThat(read("Dockerfile")).contains("RUN train " + cache).contains("COPY --from=training " + cache + " ");
    }

    /** What is not in this list reaches no build, so a new file that the Dockerfile copies has to be named in it. */
    @Test
    void everyFileThatTheDockerfileCopiesIsSentToTheBuild() {
        List<String> sent = read(".dockerignore")
                .lines()
                .filter(line -> line.startsWith("!"))
                .map(line -> line.substring(1))
                .toList();
        List<String> copied = Pattern.compile("^COPY (?!--from)(.+) \\S+$", Pattern.MULTILINE)
                .matcher(read("Dockerfile"))
                .results()
                .flatMap(instruction -> Stream.of(instruction.group(1).split(" ", -1)))
                .toList();
        assertThat(sent)
                .containsExactlyInAnyOrderElementsOf(copied)
                .allSatisfy(file -> assertThat(Path.of(file)).exists());
    }

    @ParameterizedTest
    @ValueSource(strings = {"app.json", "heroku.yml", "Procfile", "Dockerfile", "docker/compose.yaml", "pom.xml"})
    void nothingReadsAVariableThatHerokuSetsForAnAppsOwnDatabase(String file) {
        assertThat(read(file).replace("heroku config:get DATABASE_URL", ""))
                .doesNotContain("DATABASE_URL")
                .doesNotContain("SPRING_DATASOURCE");
    }

    @Test
    void theCodeReadsNoVariableThatHerokuSetsForAnAppsOwnDatabase() {
        assertThat(readByTheCode()).noneMatch(name -> name.contains("DATABASE_URL") || name.contains("DATASOURCE"));
    }

    @Test
    void theTrialSetsWhatFerryDoesNotStartWithout() {
        Map<String, Map<String, Map<String, Object>>> file = new Yaml().load(read("docker/compose.yaml"));
        Object environment = file.getOrDefault("services", Map.of())
                .getOrDefault("ferry", Map.of())
                .get("environment");
        assertThat(environment)
                .isInstanceOfSatisfying(
                        Map.class,
                        variables -> assertThat(FerryEnvironment.missing(textOf(variables)))
                                .isEmpty());
    }

    private static Map<String, String> textOf(Map<?, ?> map) {
        return map.entrySet().stream()
                .collect(Collectors.toMap(
                        entry -> String.valueOf(entry.getKey()), entry -> String.valueOf(entry.getValue())));
    }

    private static String fromPom(String element) {
        return Pattern.compile("<" + Pattern.quote(element) + ">([^<]+)<")
                .matcher(read("pom.xml"))
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
    }
}
