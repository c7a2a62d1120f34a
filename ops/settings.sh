# Reads the settings in ops/staging.env and ops/production.env. Sourced by deploy.sh and ops/preflight.sh.
# shellcheck shell=bash

# All lines except comments: settings ENVIRONMENT
settings() { grep -E '^[A-Z]' "ops/$1.env"; }

# NAME=value of those that are not secrets: plain_settings ENVIRONMENT
plain_settings() { settings "$1" | grep -v '=secret:' || true; }

# NAME=ID of the secrets: secret_settings ENVIRONMENT
secret_settings() { settings "$1" | sed -n 's/=secret:/=/p'; }

# Adds NAME=value of all to the caller's `variables`, with placeholders for secrets: settings_to_try ENVIRONMENT
settings_to_try() {
  while IFS= read -r line; do variables+=("$line"); done < <(
    plain_settings "$1"
    secret_settings "$1" | sed -e 's|_TOKEN=.*|_TOKEN=xoxb-placeholder|' -e 's|_URL=.*|_URL=https://placeholder.invalid|'
  )
}
