#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# setup.sh [PACKAGE...] : installs what cmake/packages.txt lists, and the packages named, as far as this machine lacks them. Without
# root it says what to install.
# When nothing is missing it touches neither the network nor the package lists.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

command -v dpkg-query >/dev/null || { echo "setup.sh: this is not Debian; install the counterparts of cmake/packages.txt yourself" >&2; exit 1; }
missing=()
while read -r package; do
  case $package in '' | '#'*) continue ;; esac
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done < <(cat "$here/packages.txt"; printf '%s\n' "$@")
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
  echo "setup.sh: please install as root: apt-get install ${missing[*]}" >&2
  exit 1
fi
echo "Installing ${#missing[@]} packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for try in 1 2 3 4; do
  if { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"; } >"$log" 2>&1; then
    exit 0
  fi
  [ "$try" = 4 ] || { echo "setup.sh: try $try failed, once more in $((try * 5)) s: $(tail -n 1 "$log")" >&2; sleep $((try * 5)); }
done
tail -n 20 "$log" >&2
echo "setup.sh: could not install ${missing[*]}" >&2
exit 1
