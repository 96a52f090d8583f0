# Sourced by the shell journeys: what they share. Each has a fail of its own, which shows what it knows.

# eventually SECONDS COMMAND…: until it succeeds.
eventually() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || fail "never: $*"
    read -rt 0.05 <> <(:) || true
  done
}
