# Ferry's image. Build: docker build -t ferry .
# Another base must be of Debian's family; another client decides how new a source may be:
#   docker build --build-arg PG_CLIENT=postgresql-client-18 ...
# The instructions are those that every Docker knows, with and without BuildKit.
ARG BASE_IMAGE=debian:trixie-slim

FROM ${BASE_IMAGE} AS jdk
ENV LANG=C.UTF-8
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      ca-certificates openjdk-25-jdk-headless >/dev/null \
 && apt-get clean && rm -rf /var/lib/apt/lists/*

# A Java of what Ferry uses, with the system's certificate authorities and without 700 MB of symbols for debuggers.
FROM jdk AS runtime
RUN jlink --output /opt/ferry/java --no-header-files --no-man-pages --compress=zip-6 --add-modules \
      java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.security.jgss,java.security.sasl,java.sql,java.xml,jdk.management,jdk.net,jdk.unsupported,jdk.zipfs \
 && find /opt/ferry/java -name '*.debuginfo' -delete \
 && cp --remove-destination /etc/ssl/certs/java/cacerts /opt/ferry/java/lib/security/cacerts

FROM jdk AS build
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends maven >/dev/null \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# One goal after another instead of a phase: a phase would fetch the libraries and servers of the tests.
ENV GOALS="resources:resources cyclonedx:makeAggregateBom@default compiler:compile jar:jar spring-boot:repackage@repackage"
# Without sources first: what Maven fetches is a layer of its own, made again only when pom.xml changes.
COPY .mvn .mvn
COPY pom.xml ./
RUN mvn -B -q -ntp -Pimage -Dspring-boot.repackage.skip=true $GOALS
# The repository is not sent to the build: /diagnostics names the commit that the argument gives.
ARG REVISION=unknown
COPY src/main src/main
RUN if [ "$REVISION" != unknown ]; then echo "git.commit.id=$REVISION" >src/main/resources/git.properties; fi \
 && mvn -B -q -ntp -Pimage $GOALS \
 && java -Djarmode=tools -jar target/ferry.jar extract --layers --destination layers

FROM ${BASE_IMAGE} AS application
ARG PG_CLIENT=postgresql-client-17
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      ca-certificates ${PG_CLIENT} >/dev/null \
 && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/debconf/* /var/log/*.log /var/log/apt
ENV LANG=C.UTF-8 HOME=/tmp MALLOC_ARENA_MAX=2
COPY --from=runtime /opt/ferry/java /opt/ferry/java
COPY --from=build /build/layers/dependencies/ /opt/ferry/
COPY --from=build /build/layers/spring-boot-loader/ /build/layers/snapshot-dependencies/ /build/layers/application/ /opt/ferry/
COPY docker/java.options docker/healthy /opt/ferry/

# Starts Ferry once, without databases, and keeps what the JVM learned of its classes.
FROM application AS training
COPY docker/train /usr/local/bin/train
RUN train /opt/ferry/ferry.aot

FROM application
ARG BASE_IMAGE=debian:trixie-slim
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Ferry" \
      org.opencontainers.image.description="Moves a live Heroku Postgres database to PlanetScale Postgres while the app keeps running." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
COPY --from=training /opt/ferry/ferry.aot /opt/ferry/
# Any other user id will do: nothing needs an entry in /etc/passwd, and nothing outside of /tmp is written.
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 CMD ["/opt/ferry/healthy"]
# One argument, so that it stays the same where a host joins the command to one text, as Heroku does.
ENTRYPOINT ["/opt/ferry/java/bin/java"]
CMD ["@/opt/ferry/java.options"]
