#!/usr/bin/env bash
# `npm test`: installs what is missing, builds, lints, and runs every suite. Arguments go to vitest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash test/support/install.sh
# Debian packages and a kernel for the suites that run a real guest; elsewhere one line says what is missing.
bash test/support/guest/provision.sh

npm run --silent build
npm run --silent lint
npx --no-install vitest run "$@"
