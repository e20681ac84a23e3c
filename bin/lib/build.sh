# shellcheck shell=bash
# Builds the jar and the class path of the demo, unless they are newer than the sources. To be sourced.

# Runs a command so that a signal to this script ends the command too.
run() {
  local child status=0
  "$@" &
  child=$!
  # shellcheck disable=SC2064 # the child of now
  trap "kill -TERM $child 2>/dev/null; wait $child; exit 130" INT TERM
  wait "$child" || status=$?
  trap - INT TERM
  return "$status"
}

is_built() {
  [ -f target/ferry.jar ] && [ -f target/demo/classpath ] \
    && [ -z "$(find pom.xml src -newer target/demo/classpath -print -quit)" ] \
    && [ -d target/test-classes ] && [ -d target/postgres-binaries ] \
    && every_entry_exists
}

every_entry_exists() {
  local entry entries
  IFS=: read -r -a entries <target/demo/classpath
  for entry in "${entries[@]}"; do
    [ -e "$entry" ] || return 1
  done
}

build() {
  if is_built; then return 0; fi
  say "Building Ferry; the first time takes a few minutes, because Maven fetches the libraries ..."
  mkdir -p target/demo
  rm -f target/demo/classpath
  # Written under another name first: an interrupted build leaves nothing that looks like a finished one.
  run mvn -B -q -ntp -DskipTests -Dspotless.check.skip=true package \
    org.apache.maven.plugins:maven-dependency-plugin:build-classpath \
    -Dmdep.outputFile=target/demo/classpath.new -Dmdep.includeScope=test \
    || fail "The build failed; see above."
  mv target/demo/classpath.new target/demo/classpath
}

# Runs a class of the test sources in place of this script.
exec_class() {
  exec "$JAVA_HOME/bin/java" -Xmx256m -Dferry.test.postgres-binaries=target/postgres-binaries \
    -cp "target/test-classes:target/classes:$(cat target/demo/classpath)" "$@"
}
