# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests of braidctl share; read after lib.sh.
requires program braidctl

# All that device mapper has now, to see that nothing changed.
everything() {
	dmsetup table --noudevsync
	echo /dev/mapper/*
}


# refused STATUS PATTERN WORDS...: braidctl must refuse, with this exit status,
# one line on stderr that matches, nothing on stdout, and nothing changed.
refused() {
	local want=$1 pattern=$2 status=0
	shift 2
	[ -e "$LAB_DIR/before" ] || everything >"$LAB_DIR/before"
	braidctl "$@" >"$LAB_DIR/out" 2>"$LAB_DIR/err" || status=$?
	[ "$status" = "$want" ] ||
		fail "exit status $status, not $want: braidctl $*: $(cat "$LAB_DIR/err")"
	[ "$(wc -l <"$LAB_DIR/err")" = 1 ] ||
		fail "not one line on stderr: braidctl $*: $(cat "$LAB_DIR/err")"
	grep -q -- "$pattern" "$LAB_DIR/err" ||
		fail "braidctl $* says '$(cat "$LAB_DIR/err")', not '$pattern'"
	[ ! -s "$LAB_DIR/out" ] || fail "braidctl $* was refused but printed something"
	everything | cmp -s - "$LAB_DIR/before" || fail "braidctl $* was refused but changed something"
}

# takes WORDS...: braidctl must succeed; its output is printed.
takes() {
	rm -f "$LAB_DIR/before"
	braidctl "$@" 2>"$LAB_DIR/err" ||
		fail "braidctl $* failed: $(cat "$LAB_DIR/err")"
}

# json KEY WORDS...: braidctl's JSON must be valid; prints what stands at KEY, a
# path such as .arrays[0].name. Without python3, only scalars can be looked up
# by their last key, and the brackets are counted.
json() {
	local key=$1
	shift
	takes "$@" --json >"$LAB_DIR/json"
	if command -v python3 >/dev/null; then
		python3 -c '
import json, re, sys
value = json.load(open(sys.argv[1]))
for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", sys.argv[2]):
    value = value[name] if name else value[int(index)]
print(json.dumps(value) if isinstance(value, (dict, list, bool)) or value is None else value)
' "$LAB_DIR/json" "$key" || fail "braidctl $*: no valid JSON with $key in it"
		return
	fi
	[ "$(tr -cd '{[' <"$LAB_DIR/json" | wc -c)" = "$(tr -cd ']}' <"$LAB_DIR/json" | wc -c)" ] ||
		fail "braidctl $*: the JSON's brackets do not match"
	sed -n 's/^.*"'"${key##*.}"'": *"\{0,1\}\([^",]*\)"\{0,1\}.*$/\1/p' \
		"$LAB_DIR/json" | head -n 1
}

# expect WANT KEY WORDS...: what json() finds is WANT.
expect() {
	local want=$1 found
	shift
	found=$(json "$@")
	[ "$found" = "$want" ] || fail "$1 is '$found', not '$want': braidctl ${*:2}"
}
