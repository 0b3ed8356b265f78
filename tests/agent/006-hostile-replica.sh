#!/bin/bash
# A peer that breaks the rules as a replica: the source says what is wrong,
# hangs up, tries again later and still answers.
# timeout: 300
. "$(dirname "$0")/lib.sh"

device 4
source_config 1
bytes=$(stat -c %s "$dir/src.img")
start src
lineage=$(field src lineage)
stop src
before=$(hash_of "$dir/src.img")

# breaks RULE PATTERN_OF_ANSWER PATTERN_IN_LOG
breaks() {
	local said
	"$helpers/peer" replica "$port" "$dir/key" "$1" "$lineage" "$bytes" >"$dir/said" 2>&1 &
	pids[peer]=$!
	: >"$dir/src.log"
	start src
	wait "${pids[peer]}" || fail "$1: $(cat "$dir/said")"
	unset "pids[peer]"
	said=$(cat "$dir/said")
	echo "$said" | grep -q -- "$2" || fail "$1: the source answers '$said', not '$2'"
	wait_for 5 grep -q -- "$3" "$dir/src.log" ||
		fail "$1: the source logs '$(tail -n 1 "$dir/src.log")', not '$3'"
	answers src || fail "$1: the source is gone"
	[ "$(hash_of "$dir/src.img")" = "$before" ] || fail "$1 changed the device"
	stop src
}

breaks plain cut 'TLS handshake failed'
breaks key 'handshake\|cut' 'another key'
breaks garbage 'not a frame of this format' 'not a frame'
breaks truncated 'cut' 'cut the stream in a frame'
breaks version 'speaks version 9' 'speaks version 9'
breaks oversize 'longer than' 'longer than'
breaks header 'header is damaged' 'header is damaged'
breaks payload 'hello is damaged' 'hello is damaged'
breaks type 'unknown type 99' 'unknown type 99'
breaks sequence 'sequence number 7 where 0' 'sequence number'
breaks early 'ack came before the state' 'before the state'
breaks state-version 'version 7' 'version 7'
breaks lineage 'not about this source' 'not about this source'
breaks size 'not about this source' 'not about this source'
breaks promoted 'promoted' 'promoted'
breaks sigs 'not asked for' 'not asked for'
breaks ack 'was not sent' 'was not sent'
breaks data 'out of turn' 'out of turn'
