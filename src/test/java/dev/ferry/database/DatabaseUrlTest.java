package dev.ferry.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                // url user password host port database
                "postgres://u:p@h/d u p h 5432 d",
                "postgresql://u:p@h/d u p h 5432 d",
                "postgres://u:p@h:5433/d u p h 5433 d",
                "postgres://u:p@h:1/d u p h 1 d",
                "postgres://u:p@h:65535/d u p h 65535 d",
                "postgres://u:p@h:/d u p h 5432 d",
                "postgres://u:a%20b@h/d u 'a b' h 5432 d",
                "postgres://u:a+b@h/d u a+b h 5432 d",
                "postgres://u+x:p@h/d+e u+x p h 5432 d+e",
                "postgres://u:a%2Bb@h/d u a+b h 5432 d",
                "postgres://u:a%25b@h/d u a%b h 5432 d",
                "postgres://u:a%252Fb@h/d u a%2Fb h 5432 d",
                "postgres://u:%40%3A%2F%3F%23@h/d u @:/?# h 5432 d",
                "postgres://u:a@b@h/d u a@b h 5432 d",
                "postgres://u:a:b@h/d u a:b h 5432 d",
                "postgres://u:a/b@h/d u a/b h 5432 d",
                "postgres://u:a#b@h/d u a#b h 5432 d",
                "postgres://u:a&b=c@h/d u a&b=c h 5432 d",
                "postgres://u:%C3%A9%e2%82%ac@h/d u é€ h 5432 d",
                "postgres://u:é€@h/d u é€ h 5432 d",
                "postgres://a%40b:p@h/d a@b p h 5432 d",
                "postgres://a%3Ab:p@h/d a:b p h 5432 d",
                "postgres://u:p@h/d%2Fe u p h 5432 d/e",
                "postgres://u:p@h/d%3Fe u p h 5432 d?e",
                "postgres://u:p@h/D u p h 5432 D",
                "postgres://u:p@[::1]/d u p ::1 5432 d",
                "postgres://u:p@[2001:db8::5]:6543/d u p 2001:db8::5 6543 d",
                "postgres://u:p@[fe80::1%25eth0]:6543/d u p fe80::1%eth0 6543 d",
                "postgres://u:p@10.1.2.3:5432/d u p 10.1.2.3 5432 d",
                "postgres://u:p@ec2-1-2-3-4.compute-1.amazonaws.com:5432/d1abc u p ec2-1-2-3-4.compute-1.amazonaws.com 5432 d1abc",
                "postgres://u:p@my_db/d u p my_db 5432 d",
                "postgres://role.branch:pscale_pw_x@h/postgres role.branch pscale_pw_x h 5432 postgres",
                "postgres://role.branch|pool:p@h:6432/d role.branch|pool p h 6432 d",
                "postgres://role.branch%7Cpool:p@h:6432/d role.branch|pool p h 6432 d",
                "postgres://u:p@h/d? u p h 5432 d",
                "postgres://u:p@h/d?pgbouncer=true&x=y u p h 5432 d",
                "'  postgres://u:p@h/d\n' u p h 5432 d",
            })
    void readsEachPartOfTheUrl(String url, String user, String password, String host, int port, String database) {
        DatabaseUrl read = DatabaseUrl.parse(End.SOURCE, url);

        assertThat(read.user()).isEqualTo(user);
        assertThat(read.password()).isEqualTo(password);
        assertThat(read.host()).isEqualTo(host);
        assertThat(read.port()).isEqualTo(port);
        assertThat(read.database()).isEqualTo(database);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "S3CRET@h/d 'postgres://'",
                "mysql://u:S3CRET@h/d 'postgres://'",
                "POSTGRES://u:S3CRET@h/d 'postgres://'",
                "'\"postgres://u:S3CRET@h/d\"' 'postgres://'",
                "HEROKU_URL=postgres://u:S3CRET@h/d 'postgres://'",
                "jdbc:postgresql://h/d?user=u&password=S3CRET 'postgres://'",
                "postgres:u:S3CRET@h/d 'postgres://'",
                "postgres://h/S3CRET 'no user and password'",
                "postgres://S3CRET@h/d 'no password'",
                "postgres://S3CRET:@h/d 'no password'",
                "postgres://:S3CRET@h/d 'no user'",
                "postgres://u:S3CRET@h 'no database'",
                "postgres://u:S3CRET@h/ 'no database'",
                "postgres://u:S3CRET@h/?sslmode=require 'no database'",
                "postgres://u:S3CRET@h/d/e 'more than one part'",
                "postgres://u:S3CRET@/d 'no host'",
                "postgres://u:S3CRET@:5432/d 'no host'",
                "postgres://u:S3CRET@[]/d 'no host'",
                "postgres://u:S3CRET@[::1/d 'closing bracket'",
                "postgres://u:S3CRET@[::1]5432/d 'text between'",
                "postgres://u:S3CRET@[h]/d 'no host name'",
                "postgres://u:S3CRET@::1/d 'no host'",
                "postgres://u:S3CRET@h:x/d port",
                "postgres://u:S3CRET@h:0/d port",
                "postgres://u:S3CRET@h:65536/d port",
                "postgres://u:S3CRET@h:-1/d port",
                "postgres://u:S3CRET@h:54:32/d port",
                "postgres://u:S3CRET@h1,h2/d 'several hosts'",
                "postgres://u:S3CRET@h1:1,h2:2/d 'several hosts'",
                "'postgres://u:S3CRET@h h/d' 'no host name'",
                "postgres://u:S3CRET@%2Fvar%2Frun/d 'socket file'",
                "postgres://u:S3CRET%@h/d %25",
                "postgres://u:S3CRET%4@h/d %25",
                "postgres://u:S3CRET%zz@h/d %25",
                "postgres://u:S3CRET%-1@h/d %25",
                "postgres://u%:S3CRET@h/d %25",
                "postgres://u:S3CRET@h/d% %25",
                "postgres://u:S3CRET%00@h/d 'zero byte'",
                "postgres://u:S3CRET%ff@h/d UTF-8",
                "postgres://u:S3CRET?x@h/d %3F",
                "postgres://u:a@S3CRET/x?y=@h/d %3F",
                "postgres://u:S3CRET@h/d?sslmode 'without a value'",
                "postgres://u:S3CRET@h/d?sslmode=S3CRET sslmode",
                "postgres://u:S3CRET@h/d?sslmode=Require sslmode",
                "postgres://u:S3CRET@h/d?sslnegotiation=S3CRET sslnegotiation",
                "postgres://u:S3CRET@h/d?sslnegotiation=direct&sslmode=prefer sslnegotiation",
                "postgres://u:S3CRET@h/d?channel_binding=S3CRET channel_binding",
                "postgres://u:S3CRET@h/d?sslrootcert=system&sslmode=require verify-full",
                "postgres://u:x@h/d?password=S3CRET 'parameter password'",
                "postgres://u:S3CRET@h/d?host=other 'parameter host'",
                "postgres://u:S3CRET@h/d?sslcert=/S3CRET.crt&sslkey=/S3CRET.key 'parameter sslcert'",
                "postgres://u:S3CRET@h/d?sslkey=/S3CRET.key 'parameter sslkey'",
                "postgres://u:S3CRET@h/d?sslpassword=S3CRET 'parameter sslpassword'",
                "postgres://u:S3CRET@h/d?sslmode=verify-full&sslcrl=/S3CRET 'parameter sslcrl'",
                "postgres://u:S3CRET@h/d?sslcrldir=/S3CRET 'parameter sslcrldir'",
                "postgres://u:S3CRET@h/d?require_auth=scram-sha-256 'parameter require_auth'",
                "postgres://u:S3CRET@h/d?ssl_min_protocol_version=TLSv1.3 'parameter ssl_min_protocol_version'",
                "postgres://u:S3CRET@h/d?gssencmode=require 'parameter gssencmode'",
                "postgres://u:S3CRET@h/d?requiressl=1 'parameter requiressl'",
            })
    void refusesABadUrlAndNamesTheFaultButNotTheValue(String url, String fault) {
        FerryException refusal = catchThrowableOfType(FerryException.class, () -> DatabaseUrl.parse(End.TARGET, url));

        assertThat(refusal).isNotNull();
        assertThat(refusal.code()).isEqualTo(FailureCode.CONFIGURATION);
        assertThat(refusal).hasMessageStartingWith("PLANETSCALE_URL ").hasMessageContaining(fault);
        assertThat(refusal.getMessage() + refusal.remedy()).doesNotContain("S3CRET");
        assertThat(refusal.remedy()).contains("PLANETSCALE_URL");
        assertThat(refusal.getCause()).isNull();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "\n\t"})
    void refusesNoValueAtAll(String url) {
        assertThatThrownBy(() -> DatabaseUrl.parse(End.SOURCE, url)).hasMessage("HEROKU_URL is empty.");
    }

    @ParameterizedTest
    @CsvSource({
        "8.8.8.8, '', require",
        "localhost, '', prefer",
        "127.0.0.1, '', prefer",
        "[::1], '', prefer",
        "192.168.1.4, '', prefer",
        "[fd00::7], '', prefer",
        "localhost, sslmode=require, require",
        "localhost, ssl=true, require",
        "localhost, ssl=true&sslmode=verify-full, verify-full",
        "localhost, ssl=false, prefer",
        "localhost, sslcert=&sslkey=, prefer",
        "localhost, gssencmode=disable, prefer",
        "localhost, sslmode=disable, disable",
        "localhost, sslnegotiation=direct, require",
        "localhost, sslrootcert=system, verify-full",
        "8.8.8.8, sslmode=verify-full&sslrootcert=system, verify-full",
        "8.8.8.8, sslmode=verify-full, verify-full",
        "8.8.8.8, sslmode=verify-ca, verify-full",
        "8.8.8.8, sslmode=verify-ca&sslrootcert=/etc/ca.pem, verify-ca",
        "8.8.8.8, sslmode=prefer, prefer",
        "8.8.8.8, sslmode=prefer&sslrootcert=/etc/ca.pem, prefer",
        "8.8.8.8, sslmode=allow, allow",
        "8.8.8.8, sslrootcert=/etc/ca.pem, verify-ca",
        "localhost, sslrootcert=/etc/ca.pem, verify-ca",
        "8.8.8.8, sslrootcert=, require",
        "localhost, sslrootcert=, prefer",
        "localhost, pgbouncer=true, prefer",
        "db, '', prefer",
        "db.example.org, '', require",
        "db.example.org, sslnegotiation=direct, require",
        "ec2-1-2-3-4.compute-1.amazonaws.com, '', require",
        "8.8.8.8, sslmode=require&sslrootcert=/etc/ca.pem, verify-ca",
        "8.8.8.8, sslmode=verify-full&sslrootcert=/etc/ca.pem, verify-full",
    })
    void choosesTheSslModeThatLibpqWouldMean(String host, String query, String mode) {
        DatabaseUrl url = DatabaseUrl.parse(End.SOURCE, "postgres://u:p@" + host + "/d?" + query);

        assertThat(url.sslMode()).isEqualTo(mode);
        assertThat(url.jdbcProperties()).containsEntry("sslmode", mode);
        assertThat(url.libpqEnvironment()).containsEntry("PGSSLMODE", mode);
    }

    @Test
    void translatesPlanetScalesParametersForTheDriverAndForLibpq() {
        DatabaseUrl url = DatabaseUrl.parse(
                End.TARGET,
                "postgresql://role.branch:pw@8.8.8.8:5432/postgres"
                        + "?sslmode=verify-full&sslrootcert=system&sslnegotiation=direct&channel_binding=require");

        assertThat(url.jdbcProperties())
                .containsEntry("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory")
                .containsEntry("sslNegotiation", "direct")
                .containsEntry("channelBinding", "require")
                .doesNotContainKey("sslrootcert");
        assertThat(url.libpqEnvironment())
                .containsEntry("PGCHANNELBINDING", "require")
                .containsEntry("PGUSER", "role.branch")
                .containsEntry("PGSSLNEGOTIATION", "direct")
                .hasEntrySatisfying(
                        "PGSSLROOTCERT", file -> assertThat(Path.of(file)).isReadable());
    }

    /** A file of authorities that lies about, or is named for nothing, must not be asked behind the back of the mode. */
    @ParameterizedTest
    @ValueSource(strings = {"", "sslmode=require", "sslmode=prefer&sslrootcert=/etc/ca.pem", "sslmode=disable"})
    void asksNoAuthorityWhereNothingIsToBeVerified(String query) {
        DatabaseUrl url = DatabaseUrl.parse(End.SOURCE, "postgres://u:p@8.8.8.8/d?" + query);

        assertThat(url.jdbcProperties()).doesNotContainKeys("sslrootcert", "sslfactory");
        assertThat(url.libpqEnvironment())
                .hasEntrySatisfying(
                        "PGSSLROOTCERT",
                        file -> assertThat(Files.exists(Path.of(file))).isFalse());
    }

    @Test
    void handsAFileOfAuthoritiesToBoth() {
        DatabaseUrl url = DatabaseUrl.parse(
                End.TARGET, "postgres://u:p@8.8.8.8/d?sslmode=verify-ca&sslrootcert=%2Fetc%2Fca+1.pem");

        assertThat(url.jdbcProperties())
                .containsEntry("sslrootcert", "/etc/ca+1.pem")
                .doesNotContainKey("sslfactory");
        assertThat(url.libpqEnvironment()).containsEntry("PGSSLROOTCERT", "/etc/ca+1.pem");
    }

    @Test
    void keepsUserAndPasswordOutOfTheDriversUrlAndOutOfItsText() {
        DatabaseUrl url = DatabaseUrl.parse(End.SOURCE, "postgres://us3r:S3CRET@[::1]:5433/a%20b%2Bc?x=S3CRET");

        assertThat(url.jdbcUrl()).isEqualTo("jdbc:postgresql://[::1]:5433/a%20b%2Bc");
        assertThat(url.toString()).isEqualTo("::1:5433/a b+c");
        assertThat(url.jdbcProperties()).containsEntry("user", "us3r").containsEntry("password", "S3CRET");
        assertThat(url.libpqEnvironment())
                .containsAllEntriesOf(Map.of(
                        "PGHOST",
                        "::1",
                        "PGPORT",
                        "5433",
                        "PGUSER",
                        "us3r",
                        "PGPASSWORD",
                        "S3CRET",
                        "PGDATABASE",
                        "a b+c"));
    }
}
