# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of braidd over the kernel's targets share; read after lib.sh.
requires program braidd
requires program braidctl
requires target braid-track

# A busy machine may need longer than a disk would; 224 and 225 test the limit.
echo 60000 >/sys/module/dm_braid/parameters/view_wait_ms

ip link set lo up
agent=$LAB_DIR/agent
mkdir -p "$agent"

# What the agents said belongs to the output of a test that failed.
agent_end() {
	local status=$?
	trap - ERR
	set +e
	case $status in
	0 | 77) ;;
	*) tail -n 20 "$agent"/*.log >&2 ;;
	esac
	(exit "$status")
	at_exit
}
trap agent_end EXIT
trap 'exit 143' TERM # took too long

# agent_config NAME ROLE: the sections follow on stdin.
agent_config() {
	[ -e "$agent/key" ] || braidctl keygen "$agent/key"
	{
		printf '[volume]\nname = %s\nrole = %s\n' "$1" "$2"
		printf 'state = %s\nkey = %s\ncontrol = %s\n' "$agent/$1" \
			"$agent/key" "$agent/$1.sock"
		cat
	} >"$agent/$1.conf"
}

# agent_start NAME: in the background; its log is $agent/NAME.log.
agent_start() {
	braidd -c "$agent/$1.conf" >>"$agent/$1.log" 2>&1 &
	eval "pid_$1=$!"
	undo kill "$!"
	wait_for 60 test -S "$agent/$1.sock" ||
		fail "braidd $1 did not start: $(tail -n 1 "$agent/$1.log")"
}

# agent_kill NAME SIGNAL
agent_kill() {
	local pid="pid_$1"
	kill "-$2" "${!pid}"
	wait "${!pid}" || true
}

# ship NAME: prints the era.
ship() {
	braidctl replica ship --control "$agent/$1.sock" 2>&1 | grep -o '[0-9]*' | tail -n 1
}

# status NAME KEY: a field, a scalar.
status() {
	braidctl replica status --json --control "$agent/$1.sock" | sed 's|[,{}]|\n|g' |
		sed -n "s/^ *\"$2\": *\"\{0,1\}\([^\"]*\)\"\{0,1\} *$/\1/p" | head -n 1
}

is_state() {
	[ "$(status "$1" state)" = "$2" ]
}
