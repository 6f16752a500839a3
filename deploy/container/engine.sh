# Sourced by the scripts of this folder: the container engine that they use, and where it stores images.

readonly CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/hypercolumn/container

say() { printf '%s\n' "$*" >&2; }
step() { say "== $*"; }
fail() {
  say "$*"
  exit 1
}

# require PACKAGE...: each is a Debian package that has a command of the same name.
require() {
  local missing=() package
  for package in "$@"; do
    command -v "$package" >/dev/null || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then return; fi
  fail "these programs are missing: ${missing[*]}; install them with:
  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
}

# choose_engine NAME: sets the array `engine`. Podman stores its images in the cache, so that they touch
# no others; Docker stores them with its own.
choose_engine() {
  case $1 in
    podman)
      require podman runc
      # chroot builds, and runc runs, on machines without cgroups of version 2 and inside other containers
      export BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot} BUILDAH_FORMAT=docker
      engine=(podman --root "$CACHE/images" --runroot "$CACHE/run" --cgroup-manager cgroupfs
        --runtime runc --log-level error)
      ;;
    docker)
      docker info >/dev/null 2>&1 ||
        fail 'docker reaches no daemon; expected one that runs; start it, or use --engine podman'
      engine=(docker)
      ;;
    *) fail "--engine is wrong: $1; expected podman or docker" ;;
  esac
}

has_image() { "${engine[@]}" image inspect "$1" >/dev/null 2>&1; }

# image_megabytes IMAGE
image_megabytes() {
  echo $(($("${engine[@]}" image inspect --format '{{.Size}}' "$1") / 1000000))
}
