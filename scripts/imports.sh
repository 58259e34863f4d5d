#!/usr/bin/env bash
# Who may know whom: a service crate knows no HTTP, and none depends on one above it. Cargo already refuses circles; this
# refuses the shortcuts that Cargo would allow.
set -euo pipefail
cd "$(dirname "$0")/.."

bad=0
for crate in kernel rich_text http_client entity database identity media courses enrollment progress payments community migration; do
  for forbidden in actix-web actix-http utoipa clap; do
    if cargo tree --locked -q -p "$crate" -e normal --prefix none 2>/dev/null | grep -q "^$forbidden v"; then
      echo "$crate depends on $forbidden: only the api crate knows about HTTP" >&2
      bad=1
    fi
  done
done

# kernel <- rich_text (for whoever takes text from people)
# kernel <- http_client (for whoever calls a service elsewhere)
# kernel <- entity <- database <- media <- identity <- courses <- enrollment <- {progress, payments, community} <- api
may() { # crate allowed...
  local crate=$1; shift
  local found
  found=$(cargo tree --locked -q -p "$crate" -e normal --depth 1 --prefix none | sed 1d | awk '/\(.*\/crates\// {print $1}')
  for dependency in $found; do
    case " $* " in
      *" $dependency "*) ;;
      *) echo "$crate may not depend on $dependency" >&2; bad=1 ;;
    esac
  done
}
may kernel
may rich_text kernel
may http_client kernel
may entity kernel
may database kernel entity
may media kernel entity database http_client
may identity kernel entity database media
may courses kernel rich_text entity database identity media
may enrollment kernel entity database identity media courses
may progress kernel entity database identity media courses enrollment
may payments kernel http_client entity database identity media courses enrollment
may community kernel rich_text entity database identity media courses enrollment
exit $bad
