# Sourced by the scripts beside it. Each of them makes sure that one program which tests or demos need is there, under .tools/ with its version
# in the folder's name, and prints the program's path as its only line on standard output. What it does is told on standard error.
set -euo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools_dir=${TIDEMARK_TOOLS:-$home/.tools}
mkdir -p "$tools_dir"

say() { printf '%s\n' "tidemark: $*" >&2; }
die() { say "$*"; exit 1; }

# alone NAME: one process at a time makes NAME; released at exit
alone() {
  exec 9>"$tools_dir/.$1.lock"
  flock 9
}

# quietly COMMAND...: the end of its output is shown only if it fails
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  [ "$status" = 0 ] || tail -n 15 "$log" >&2
  rm -f "$log"
  return "$status"
}
