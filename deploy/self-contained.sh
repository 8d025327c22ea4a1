#!/usr/bin/env bash
# Makes a distribution that needs no Java on the machine: the archive of mvn package with a runtime of
# the JDK in JAVA_HOME, or else of the one on the PATH, added. Prints where it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

name=espalier-$(sed -n 's|^  <version>\(.*\)</version>$|\1|p' ../pom.xml)
archive=target/$name.tar.gz
[[ -f $archive ]] || {
  printf 'self-contained: there is no deploy/%s; make it with mvn -pl deploy -am package -DskipTests\n' "$archive" >&2
  exit 1
}
java=${JAVA_HOME:+$JAVA_HOME/bin/}
command -v "${java}jlink" > /dev/null || {
  printf 'self-contained: needs a whole JDK, with jlink (Debian and Ubuntu: apt install openjdk-17-jdk-headless), in JAVA_HOME or on the PATH\n' >&2
  exit 1
}

# A worker's /metrics is the JDK's HTTP server; elliptic curves for TLS, DNS for names, zip file systems for jars in
# jars; jcmd and JFR for who must look inside.
modules=java.se,jdk.unsupported,jdk.httpserver,jdk.management,jdk.management.agent,jdk.net,jdk.zipfs,jdk.naming.dns,jdk.jfr,jdk.jcmd
! "${java}java" --list-modules | grep -q '^jdk\.crypto\.ec@' || modules+=,jdk.crypto.ec

directory=$(mktemp -d target/self-contained.XXXXXX)
trap 'rm -rf "$directory"' EXIT
tar -xzf "$archive" -C "$directory"
"${java}jlink" --add-modules "$modules" --output "$directory/$name/runtime" \
  --strip-debug --no-header-files --no-man-pages
runtime=$directory/$name/runtime
"$runtime/bin/java" -Xshare:dump > /dev/null
# Before 19 Java takes jars in another place for other jars.
version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$runtime/release")
((version < 19)) || ./class-archive.sh "$directory/$name"
result=target/$name-linux-$(uname -m).tar.gz
# The jars are compressed already: a higher level has little left to gain.
tar -c -C "$directory" "$name" | gzip -1 > "$result.part"
mv "$result.part" "$result"
printf '%s\n' "$PWD/$result"
