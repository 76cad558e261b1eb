# shellcheck shell=bash
# Shared by the scripts beside it: where things are, privileges, and small words. Sourced, never run.

# The top of the source tree.
# shellcheck disable=SC2034  # for those who source this
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PATH="$PATH:/usr/sbin:/sbin"

# Prints a message in front of which stands the script's name, and ends the script.
die()
{
  echo "ci/$(basename "$0"): $*" >&2
  exit 1
}

# Prints a headline for the next step, with the seconds since the script began.
step()
{
  printf '\n== %s (%s s)\n' "$*" "$SECONDS"
}

# The newest JDK under the JVM folder whose version is 17 or more: prints "VERSION FOLDER".
newest_jdk()
{
  local javac version best=0 folder=
  for javac in /usr/lib/jvm/*/bin/javac; do
    [ -x "$javac" ] || continue
    version=$("$javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
    if [ "${version:-0}" -ge 17 ] && [ "$version" -gt "$best" ]; then
      best=$version
      folder=$(dirname "$(dirname "$javac")")
    fi
  done
  [ -n "$folder" ] && echo "$best $folder"
}

# A JDK of exactly this version: prints its folder. JAVA_HOME first, then the JVM folder.
jdk_of_version()
{
  local javac
  for javac in "${JAVA_HOME:-/nowhere}/bin/javac" /usr/lib/jvm/*/bin/javac; do
    if [ -x "$javac" ] && "$javac" -version 2>&1 | grep -q "^javac $1\b"; then
      dirname "$(dirname "$javac")"
      return
    fi
  done
  return 1
}

# True if this process may make network namespaces and open packet sockets as it is.
may_make_namespaces()
{
  [ "$(id -u)" -eq 0 ] && unshare --net true 2>/dev/null
}

# Runs a command where it may make network namespaces: as it is where this process may, elsewhere inside user, network,
# mount and process namespaces of its own, where an ordinary user may have those. `ip netns` keeps its names under /run,
# which an ordinary user cannot write: a tmpfs of our own lies over it there. There is no network inside.
#   inside_namespaces COMMAND...
inside_namespaces()
{
  if may_make_namespaces; then
    "$@"
    return
  fi
  unshare --user --map-root-user --net --mount true 2>/dev/null \
    || die "needs root, or user namespaces for ordinary users (sysctl kernel.unprivileged_userns_clone=1)"
  # shellcheck disable=SC2016  # expands inside
  unshare --user --map-root-user --net --mount --pid --fork --kill-child --mount-proc -- \
    bash -c 'mount -t tmpfs tmpfs /run && ip link set lo up && exec "$@"' bash "$@"
}

# Ends every process that runs in a namespace, then removes the namespace. Quiet if it is not there.
#   remove_namespace NAME
remove_namespace()
{
  local try pids
  [ -e "/run/netns/$1" ] || return 0
  for try in TERM KILL KILL; do
    pids=$(ip netns pids "$1" 2>/dev/null) || true
    [ -n "$pids" ] || break
    # shellcheck disable=SC2086  # one word a process
    kill "-$try" $pids 2>/dev/null || true
    sleep 0.2
  done
  ip netns del "$1"
}

# Builds the launcher and the benchmarks, without running tests, unless they are there and newer than every source.
build_once()
{
  local built=$top/jmh/target/benchmarks.jar
  if [ -x "$top/java/target/pnet" ] && [ -f "$built" ] \
    && [ -z "$(find "$top/java/src/main" "$top/jmh/src/main" "$top/native" "$top"/*/pom.xml "$top/pom.xml" \
      "$top/CMakeLists.txt" -newer "$built" -type f -print -quit)" ]; then
    return
  fi
  echo "Building Pnet (once) ..."
  mkdir -p "$top/build/logs"
  (cd "$top" && mvn -B -ntp -q package -Dmaven.test.skip=true -Dmaven.javadoc.skip=true) >"$top/build/logs/build.log" 2>&1 \
    || { tail -n 30 "$top/build/logs/build.log" >&2; die "the build failed, see build/logs/build.log"; }
  if [ ! -x "$top/java/target/pnet" ] || [ ! -f "$built" ]; then
    die "the build left no launcher or no benchmarks"
  fi
}

# The benchmarks' jar, and the jar with the native library.
benchmark_class_path()
{
  local native
  native=$(printf ':%s' "$top"/java/target/pnet-*-linux-*.jar)
  echo "$top/jmh/target/benchmarks.jar$native"
}

# Pnet's version, and the commit where there is one.
describe_version()
{
  local version commit
  version=$(sed -n 's|^  <version>\(.*\)</version>|\1|p' "$top/pom.xml" | head -n 1)
  commit=$(git -C "$top" rev-parse --short HEAD 2>/dev/null) || commit=
  [ -z "$(git -C "$top" status --porcelain 2>/dev/null)" ] || commit="$commit and changes"
  echo "$version${commit:+ ($commit)}"
}
