# Sourced by the scripts beside it. Only a root shell on Debian or Ubuntu installs packages; everybody else is told
# what is missing, because a script should not ask for a password or guess a package manager.

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

# apt_install WHAT PACKAGE...: WHAT is the sentence for those who must install it themselves.
apt_install() {
  local what=$1
  shift
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    die "$what"
  fi
  say "Installing $* ..."
  # The package lists of a fresh machine or container are empty, so they are fetched first, once a script.
  if [ -z "${apt_updated:-}" ]; then
    apt-get update -qq >&2
    apt_updated=yes
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}
