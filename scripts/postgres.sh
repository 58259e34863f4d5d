#!/usr/bin/env bash
# A throw-away PostgreSQL for the tests, from the machine's own binaries.
#
#   scripts/postgres.sh start    make the cluster once, start it, print its superuser URL on the last line of stdout
#   scripts/postgres.sh stop     stop it
#   scripts/postgres.sh remove   stop it and delete it
#
# Every checkout has its own cluster and port, so that two can be tested at once. With TEST_DATABASE_URL set the tests
# use that server, and `start` only prints it.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repo/scripts/apt.sh"

oldest_major=15
state=${PALESTRA_TEST_DIR:-$repo/.tools/test}/pg # two files: `home` (where the cluster is) and `port`
case $state in /*) ;; *) state=$PWD/$state ;; esac

# The newest folder that has a server, not only a client; nothing when there is none.
find_binaries() {
  local dir
  {
    printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -rV
    pg_config --bindir 2>/dev/null || true
  } | while read -r dir; do
    if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && [ "$(major_of "$dir")" -ge "$oldest_major" ]; then
      echo "$dir"
      break
    fi
  done
}

major_of() { "$1/postgres" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/'; }

install_server() {
  # Debian's package makes and starts a cluster of its own, which nobody here wants.
  local no_cluster=/etc/postgresql-common/createcluster.d/palestra.conf
  if [ "$(id -u)" = 0 ] && [ -d /etc/apt ]; then
    mkdir -p "$(dirname "$no_cluster")"
    echo 'create_main_cluster = false' >"$no_cluster"
  fi
  apt_install "the tests need PostgreSQL $oldest_major or newer: install the package with its server (initdb, postgres),\
 or set TEST_DATABASE_URL to a superuser's URL" postgresql
  rm -f "$no_cluster"
}

# PostgreSQL refuses to run as root.
as_owner() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && runuser -u postgres -- "$@")
  else
    (cd / && "$@")
  fi
}

# Beside the port file if the server's user can get there; a checkout below /root, say, is closed to it.
place_cluster() {
  local home=$state/cluster
  mkdir -p "$home"
  if [ "$(id -u)" = 0 ]; then
    chown postgres "$home"
    if ! as_owner test -w "$home"; then
      rmdir "$home"
      home=$(mktemp -d /var/tmp/palestra-pg.XXXXXX)
      chown postgres "$home"
    fi
  fi
  echo "$home" >"$state/home"
}

init_cluster() {
  # C.UTF-8 sorts by code point, as SQLite does, and still knows the letters; C is what systems without it have.
  local locale=C
  if locale -a 2>/dev/null | grep -qiE '^C\.utf-?8$'; then locale=C.UTF-8; fi
  # Under its own name only once it is whole: an interrupted start leaves nothing that looks like a cluster.
  rm -rf "$home/data.new"
  as_owner "$bin/initdb" -D "$home/data.new" -U postgres -A trust -E UTF8 --locale="$locale" >/dev/null
  mv "$home/data.new" "$home/data"
}

is_running() {
  # pg_ctl trusts the pid file, which may be left over from before a reboot: the server has to answer too.
  [ -f "$state/port" ] &&
    as_owner "$bin/pg_ctl" -D "$home/data" status >/dev/null 2>&1 &&
    "$bin/pg_isready" -q -h 127.0.0.1 -p "$(cat "$state/port")"
}

# Below the ephemeral range, so that no outgoing connection sits on it.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

# Durable settings (fsync and the rest) stay on: the server under test refuses to start without them.
# No socket: a path below a deep checkout would pass the 107 bytes that a socket may have.
start_on() {
  local settings="-c listen_addresses=127.0.0.1 -p $1 -c unix_socket_directories= -c max_connections=300 -c shared_buffers=128MB"
  as_owner "$bin/pg_ctl" -D "$home/data" -l "$home/log" -o "$settings" -w -t 60 start >/dev/null 2>&1
}

start() {
  if [ -n "${TEST_DATABASE_URL:-}" ]; then
    echo "$TEST_DATABASE_URL"
    return
  fi
  bin=$(find_binaries)
  if [ -z "$bin" ]; then
    install_server
    bin=$(find_binaries)
    [ -n "$bin" ] || die "no PostgreSQL $oldest_major or newer, even after installing the package: set TEST_DATABASE_URL"
  fi
  mkdir -p "$state"
  home=$(cat "$state/home" 2>/dev/null || true)
  # Another major version cannot read the files; a throw-away cluster is not worth upgrading.
  if [ -n "$home" ] && [ -s "$home/data/PG_VERSION" ] && [ "$(cat "$home/data/PG_VERSION")" != "$(major_of "$bin")" ]; then
    say "The cluster in $home is of another version: making a new one."
    remove
    mkdir -p "$state"
    home=
  fi
  if [ -z "$home" ] || [ ! -d "$home" ]; then
    place_cluster
    home=$(cat "$state/home")
  fi
  if [ ! -s "$home/data/PG_VERSION" ]; then
    say "Making a PostgreSQL $(major_of "$bin") cluster in $home"
    init_cluster
  fi
  if ! is_running; then
    # The last port again if it is still free; someone else may take any port between the look and the start.
    local port=
    for port in $(cat "$state/port" 2>/dev/null || true) "$(free_port)" "$(free_port)" "$(free_port)" none; do
      [ "$port" != none ] || die "PostgreSQL does not start, see $home/log"
      if start_on "$port"; then break; fi
    done
    echo "$port" >"$state/port"
    say "PostgreSQL $(major_of "$bin") listens on 127.0.0.1:$port"
  fi
  echo "postgres://postgres@127.0.0.1:$(cat "$state/port")/postgres"
}

stop() {
  if [ ! -f "$state/home" ]; then return; fi
  home=$(cat "$state/home")
  bin=${bin:-$(find_binaries)}
  if [ -n "$bin" ] && [ -f "$home/data/postmaster.pid" ]; then
    as_owner "$bin/pg_ctl" -D "$home/data" -m fast -w stop >&2 || true
  fi
}

remove() {
  stop
  if [ -f "$state/home" ]; then rm -rf "$(cat "$state/home")"; fi
  rm -rf "$state"
}

case ${1:-} in
  start | stop | remove) "$1" ;;
  *) die "usage: $0 start|stop|remove" ;;
esac
