#!/bin/sh
# Brings OvermindOps up in containers on this machine. Without Docker: `npm start` does the same with Node.js alone.
#
#   ./install.sh             writes .env with generated secrets when it is missing, builds, starts, waits until it is ready
#   ./install.sh --env-only  writes .env and stops there
set -eu
cd "$(dirname "$0")"

fail() {
  printf '✗ %s\n' "$1" >&2
  exit 1
}

random_hex() {
  od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'
}

setting() {
  sed -n "s/^$1=//p" .env | tail -n 1
}

# Adds a setting to .env unless it is there already: a value of the user's own is never replaced.
ensure_setting() {
  grep -q "^$1=..*" .env || printf '%s=%s\n' "$1" "$2" >> .env
}

umask 077
is_new=no
[ -f .env ] || is_new=yes
[ -f .env ] || : > .env
ensure_setting POSTGRES_PASSWORD "$(random_hex 24)"
ensure_setting REDIS_PASSWORD "$(random_hex 24)"
ensure_setting OVERMIND_ADMIN_EMAIL admin@localhost.local
ensure_setting OVERMIND_ADMIN_PASSWORD "$(random_hex 12)"
ensure_setting PORT 3000
ensure_setting OVERMIND_PUBLIC_ORIGIN "http://localhost:$(setting PORT)"
[ "$is_new" = no ] || echo "Wrote .env (readable by you alone)."
[ "${1:-}" != --env-only ] || exit 0

command -v docker > /dev/null || fail 'Docker was not found. Install it, or use Node.js alone: npm start'
docker compose version > /dev/null 2>&1 || fail 'Docker has no "compose" command. Install its compose plugin.'
docker info > /dev/null 2>&1 || fail 'The Docker daemon does not answer. Start it, or add yourself to its group.'

docker compose build
docker compose up --detach --wait --wait-timeout 180 || {
  docker compose ps
  docker compose logs --tail 20
  fail 'The system did not become ready; the reason is above.'
}

echo
echo "OvermindOps is ready"
echo "  Open      $(setting OVERMIND_PUBLIC_ORIGIN)"
echo "  Sign in   $(setting OVERMIND_ADMIN_EMAIL)"
echo "  Password  OVERMIND_ADMIN_PASSWORD in .env"
echo "  Stop      docker compose down"
