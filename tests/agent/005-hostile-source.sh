#!/bin/bash
# A peer that breaks the rules as a source: the replica says what is wrong,
# hangs up, and neither its state nor its image changes.
# timeout: 300
. "$(dirname "$0")/lib.sh"

device 4
source_config 0
replica_config
start rep
start src
wait_for 5 is src state idle
ship >/dev/null
same "the first image"
lineage=$(field src lineage)
bytes=$(stat -c %s "$dir/src.img")
stop src

held() {
	sha256sum "$dir/rep.img" "$dir/rep/state" "$dir/rep/fingerprints"
}

before=$(held)
# breaks RULE PATTERN_OF_ANSWER PATTERN_IN_LOG
breaks() {
	local said
	wait_for 10 is rep peer null || fail "the replica kept the peer of before $1"
	: >"$dir/rep.log"
	said=$("$helpers/peer" source "$port" "$dir/key" "$1" "$lineage" "$bytes")
	echo "$said" | grep -q -- "$2" || fail "$1: the replica answers '$said', not '$2'"
	wait_for 5 grep -q -- "$3" "$dir/rep.log" ||
		fail "$1: the replica logs '$(tail -n 1 "$dir/rep.log")', not '$3'"
	answers rep || fail "$1: the replica is gone"
	settled
	[ "$(held)" = "$before" ] || fail "$1 changed something"
}

breaks plain cut 'TLS handshake failed'
breaks key 'handshake.*another key' 'another key'
breaks garbage 'not a frame of this format' 'not a frame'
breaks truncated cut 'cut the stream in a frame'
breaks version 'speaks version 9' 'speaks version 9'
breaks oversize 'longer than' 'longer than'
breaks header 'header is damaged' 'header is damaged'
breaks payload 'hello is damaged' 'hello is damaged'
breaks type 'unknown type 99' 'unknown type 99'
breaks flags 'flags that this side' 'flags'
breaks sequence 'sequence number 7 where 0' 'sequence number'
breaks hello-version 'speaks versions 2 to 9' 'versions 2 to 9'
breaks size 'image has .* bytes, the source.s device' 'bytes, the source'
breaks lineage 'belongs to another source' 'another source'
breaks early 'data came before hello' 'before hello'
breaks twice 'second hello' 'second hello'
breaks replay 'sequence number 1 where 2' 'sequence number 1'
breaks outside 'data came outside an era' 'outside an era'
breaks base 'on top of era' 'on top of era'
breaks ack 'ack came from a source' 'from a source'
breaks sigs 'beyond the image' 'beyond the image'
breaks beyond "doesn't fit" "doesn't fit"
breaks unaligned "doesn't fit" "doesn't fit"
breaks zstd 'does not uncompress' 'uncompress'
breaks digest 'instructions' 'instructions'
breaks count 'instructions' 'instructions'
"$helpers/peer" source "$port" "$dir/key" vanish "$lineage" "$bytes"
settled
[ "$(held)" = "$before" ] || fail "an unfinished era changed something"

# The proper source comes while another is connected, and goes on after all.
scribble 10
start src
wait_for 15 is src state idle || fail "the source did not connect again"
ship >/dev/null
same "after all that"
