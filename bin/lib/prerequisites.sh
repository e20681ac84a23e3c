# shellcheck shell=bash
# What Ferry needs on a machine: found, installed from the distribution's packages, or named. To be sourced.

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$@"
  exit 1
}

# The major version of a JDK's home, or nothing if it is none (a JRE has no javac).
jdk_version() {
  [ -x "$1/bin/javac" ] && [ -x "$1/bin/java" ] || return 0
  "$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([0-9][0-9]*\).*/\1/p' | head -n 1
}

# The homes of all JDKs that can be found: the chosen one first, then registered ones, then their neighbours.
jdk_homes() {
  local java home
  {
    if [ -n "${JAVA_HOME:-}" ]; then printf '%s\n' "$JAVA_HOME/bin/java"; fi
    command -v java || true
    command -v javac || true
    update-alternatives --list java 2>/dev/null || true
    update-alternatives --list javac 2>/dev/null || true
  } | while read -r java; do
    [ -e "$java" ] || continue
    home=$(dirname "$(dirname "$(readlink -f "$java")")")
    # A Java 8 keeps its java one level deeper.
    [ "$(basename "$home")" != jre ] || home=$(dirname "$home")
    printf '%s\n' "$home"
    find "$(dirname "$home")" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | sort || true
  done | awk '!seen[$0]++'
}

# Sets JAVA_HOME. The static checks are made for JDK 17 and 21: the first of those that is found is taken, whatever comes
# first on the PATH; without one, the first that is newer than 17.
choose_jdk() {
  local home version newer=''
  while read -r home; do
    version=$(jdk_version "$home")
    case "$version" in
      17 | 21)
        use_jdk "$home"
        return 0
        ;;
    esac
    if [ -z "$newer" ] && [ -n "$version" ] && [ "$version" -gt 17 ]; then newer=$home; fi
  done < <(jdk_homes)
  [ -n "$newer" ] || return 1
  say "Note: building with JDK $(jdk_version "$newer"); the static checks are made for 17 and 21."
  use_jdk "$newer"
}

use_jdk() {
  export JAVA_HOME=$1
  export PATH="$JAVA_HOME/bin:$PATH"
}

# The major version of pg_dump, or nothing.
pg_dump_version() {
  pg_dump --version 2>/dev/null | sed -n 's/^pg_dump (PostgreSQL) \([0-9][0-9]*\).*/\1/p'
}

has_pg_dump() {
  local version
  version=$(pg_dump_version)
  [ -n "$version" ] && [ "$version" -ge 15 ] && command -v pg_restore >/dev/null
}

# Sets FERRY_CHROMIUM, which the browser tests use.
find_chromium() {
  local name path
  for name in "${FERRY_CHROMIUM:-}" chromium google-chrome-stable google-chrome chromium-browser; do
    [ -n "$name" ] || continue
    path=$(command -v "$name") || continue
    # Ubuntu has a script of that name that only says how to install a snap.
    if "$path" --version >/dev/null 2>&1; then
      export FERRY_CHROMIUM=$path
      return 0
    fi
  done
  unset FERRY_CHROMIUM
  return 1
}

# Runs a command as root, or fails.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

can_install() {
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && may_sudo; }
}

# Asks for a password only where there is somebody to ask.
may_sudo() {
  sudo -n true 2>/dev/null || { [ -t 0 ] && [ -t 2 ] && sudo -v; }
}

# A package of the distribution that apt could install; Ubuntu's Chromium is none, it leads to a snap. What apt-cache says
# is read to its end: a grep that stops at the first match makes it fail of a broken pipe, and pipefail sees that.
has_package() {
  local policy description
  policy=$(apt-cache policy "$1" 2>/dev/null) || return 1
  description=$(apt-cache show --no-all-versions "$1" 2>/dev/null) || return 1
  grep -q '^ *Candidate: [0-9]' <<<"$policy" \
    && ! grep -qi '^Description.*transitional.*snap\|^Depends:.*snapd' <<<"$description"
}

install_packages() {
  say "Installing $* ..."
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2
}

update_packages() {
  [ -z "${packages_updated:-}" ] || return 0
  packages_updated=yes
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2 || say "apt-get update failed; going on with the lists that are here."
}

jdk_package() {
  local version
  for version in 17 21; do
    if has_package "openjdk-$version-jdk-headless"; then
      printf 'openjdk-%s-jdk-headless' "$version"
      return 0
    fi
  done
  printf 'default-jdk-headless'
}

# JDK, Maven and pg_dump: installs what is missing, or names it and stops.
require_tools() {
  local missing=()
  choose_jdk || missing+=("a JDK 17 or 21 (package openjdk-17-jdk-headless)")
  command -v mvn >/dev/null || missing+=("Maven 3.6.3 or newer (package maven)")
  has_pg_dump || missing+=("pg_dump and pg_restore 15 or newer (package postgresql-client)")
  [ "${#missing[@]}" -gt 0 ] || return 0

  if can_install; then
    update_packages
    local packages=()
    [ -n "${JAVA_HOME:-}" ] && [ -n "$(jdk_version "$JAVA_HOME")" ] || packages+=("$(jdk_package)")
    command -v mvn >/dev/null || packages+=(maven)
    [ -n "$(pg_dump_version)" ] || packages+=(postgresql-client)
    if [ "${#packages[@]}" -gt 0 ]; then
      install_packages "${packages[@]}" || fail "Those packages could not be installed; see above."
    fi
    hash -r
    choose_jdk || fail "There is still no JDK 17 or newer: install one, or set JAVA_HOME to it."
    command -v mvn >/dev/null || fail "There is still no mvn: install Maven 3.6.3 or newer."
    has_pg_dump || fail_for_pg_dump
    return 0
  fi
  say "This needs, and does not find:"
  printf '  %s\n' "${missing[@]}" >&2
  fail "Install that, or run this script as root or with sudo at hand, and start it again."
}

fail_for_pg_dump() {
  fail "pg_dump here is version $(pg_dump_version), and a source of PostgreSQL 15 needs 15 or newer." \
    "This distribution has no newer package, but the PostgreSQL project's own archive has: the package" \
    "postgresql-common brings a script that sets it up, in its folder pgdg; then install postgresql-client-17."
}

# Chromium: finds or installs it, else returns 1.
offer_chromium() {
  if find_chromium; then return 0; fi
  if can_install; then
    update_packages
    if has_package chromium; then
      install_packages chromium fonts-dejavu-core || say "Chromium could not be installed; see above."
      hash -r
    fi
  fi
  find_chromium
}

# PostgreSQL refuses to run as root. The embedded servers get around that with "unshare -U"; where the container does not
# allow it, a stand-in takes its place that drops to an unprivileged user.
allow_servers_as_root() {
  [ "$(id -u)" = 0 ] || return 0
  if unshare -U true 2>/dev/null; then return 0; fi
  # shellcheck disable=SC2154 # set by the script that sources this file
  export PATH="$project/bin/lib/unprivileged:$PATH"
}
