#!/usr/bin/env bash
# Install what is missing of COMMAND:PACKAGE pairs from Debian's packages, or say what to install.
# An empty COMMAND asks dpkg for the package itself.
set -euo pipefail

missing=()
for pair in "$@"; do
  command="${pair%%:*}" package="${pair##*:}"
  if [ -n "$command" ]; then
    command -v "$command" >/dev/null || missing+=("$package")
  elif command -v dpkg >/dev/null; then
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "Please install: ${missing[*]} (there is no apt-get here to do it)" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Please install as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing ${missing[*]} …"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
