#!/usr/bin/env bash
# Installs the npm packages of package-lock.json, unless just those are installed already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
  npm ci --no-audit --no-fund --loglevel=error
  touch "$installed"
fi
