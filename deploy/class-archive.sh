#!/usr/bin/env bash
# Lets Espalier start faster: runs a small sweep and leaves its classes, as Java has laid them
# out, beside the jars: for the same Java only, and before 19 in the same place; any other starts as it would without.
#   class-archive.sh [DISTRIBUTION]: without one, that which it is in
set -euo pipefail
distribution=$(cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}" && pwd -P)
[[ -d $distribution/lib ]] || {
  printf 'class-archive: %s is not an unpacked distribution: it has no lib/\n' "$distribution" >&2
  exit 1
}
classes=$distribution/lib/classes.jsa

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cat > "$directory/small.yaml" << EOF
model: $distribution/examples/models/tiny-qwen2
dataset:
  train: $distribution/examples/data/self_cognition.jsonl
  replace: {NAME: Espalier, AUTHOR: its makers}
training: {max_steps: 2}
search: {space: {learning_rate: [1e-3]}}
EOF
rm -f "$classes"
ESPALIER_JAVA_OPTS="${ESPALIER_JAVA_OPTS:-} -XX:ArchiveClassesAtExit=$classes -Xlog:cds*=off" \
  "$distribution/espalier" run "$directory/small.yaml" --store "$directory/store" > "$directory/log" 2>&1 || {
  cat "$directory/log" >&2
  exit 1
}
[[ -s $classes ]] || {
  printf 'class-archive: Java left none: it may lack its own archive (java -Xshare:dump makes it)\n' >&2
  exit 1
}
