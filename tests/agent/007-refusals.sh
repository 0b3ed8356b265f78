#!/bin/bash
# Wrong arguments, configurations, keys, devices, images and directories: one
# sentence that names the thing, exit status 1 (2 for usage), nothing changed.
# timeout: 300
. "$(dirname "$0")/lib.sh"

device 2
source_config 0
replica_config

# refuses STATUS PATTERN ARGUMENT...
refuses() {
	local want=$1 pattern=$2 status=0
	shift 2
	timeout 10 "$bin/braidd" "$@" >"$dir/out" 2>&1 || status=$?
	[ "$status" = "$want" ] || fail "exit status $status, not $want: braidd $*: $(cat "$dir/out")"
	[ "$(wc -l <"$dir/out")" = 1 ] || fail "not one line: braidd $*: $(cat "$dir/out")"
	grep -q -- "$pattern" "$dir/out" || fail "braidd $* says '$(cat "$dir/out")', not '$pattern'"
}

# with NAME SED PATTERN: a configuration with something wrong in it.
with() {
	sed "$2" "$dir/$1.conf" >"$dir/bad.conf"
	refuses 1 "$3" -c "$dir/bad.conf"
}

# Usage.
for words in "" "-c" "--nonsense" "-c $dir/src.conf more" "-x commit.before -c $dir/src.conf"; do
	# shellcheck disable=SC2086
	status=0 && timeout 10 "$bin/braidd" $words >"$dir/out" 2>&1 || status=$?
	[ "$status" = 2 ] || fail "exit status $status, not 2: braidd $words"
	grep -q '^usage: braidd' "$dir/out" || fail "no usage: braidd $words"
done
"$bin/braidd" --help | grep -q '^usage' || fail "--help does not help"
"$bin/braidd" --check -c "$dir/src.conf" || fail "--check refuses a good configuration"

# The configuration.
refuses 1 'none.conf' -c "$dir/none.conf"
with src 's/^mode.*/mode = guess/' 'bad.conf, line 9: mode = guess: it must be track or scan'
with src 's/^interval.*/interval = soon/' 'interval = soon'
with src 's/^interval.*/interval = 999999999/' 'interval = 999999999'
with src 's/^peer.*/peer = nowhere/' 'peer = nowhere: it must be HOST:PORT'
with src 's/^peer.*/peer = ::1:7/' 'peer = ::1:7'
with src 's/^role.*/role = both/' 'role = both'
with src 's/^role.*//' 'role is missing'
with src 's/^device.*//' 'device is missing'
with src 's/^device/devise/' 'unknown key devise in section .source.'
with src 's/^device.*/device = relative/' 'absolute'
with src 's/^name.*/name = No Name/' 'name = No Name'
with src 's/^name.*/name = src\nname = src/' 'line 3: name is given twice'
with src 's/^name.*/nonsense/' 'line 2: '
with rep 's/^listen.*/listen = 127.0.0.1:99999/' 'listen = 127.0.0.1:99999'

# The key.
with src 's/^key.*/key = \/nonexistent\/key/' 'key file /nonexistent/key: No such file'
cp "$dir/key" "$dir/open.key" && chmod 644 "$dir/open.key"
with src "s|^key.*|key = $dir/open.key|" 'open to others (mode 644)'
with rep "s|^key.*|key = $dir/open.key|" 'open to others'
head -c 60 "$dir/key" >"$dir/short.key" && chmod 600 "$dir/short.key"
with src "s|^key.*|key = $dir/short.key|" 'does not hold 64 hex digits'
with src "s|^key.*|key = $dir|" 'is not a file'
if [ "$(id -u)" = 0 ]; then
	cp -p "$dir/key" "$dir/foreign.key" && chown 65534 "$dir/foreign.key"
	with src "s|^key.*|key = $dir/foreign.key|" 'belongs to another user'
fi

# The device.
with src "s|^device.*|device = $dir/none.img|" "none.img: No such file"
with src "s|^device.*|device = $dir|" 'neither a block device nor a file'
mkfifo "$dir/pipe"
with src "s|^device.*|device = $dir/pipe|" 'neither a block device nor a file'
with src "s|^key.*|key = $dir/pipe|" 'is not a file'
truncate -s 1000 "$dir/odd.img"
with src "s|^device.*|device = $dir/odd.img|" 'odd.img has 1000 bytes'
with src 's/^mode.*/mode = track/; /^verify/d' 'src.img'

# The image.
with rep "s|^image.*|image = /dev/nonexistent-braid|" 'there is no image /dev/nonexistent-braid'
with rep "s|^image.*|image = $dir/pipe|" 'neither a file nor a block device'
with rep "s|^image.*|image = $dir|" 'image .*: Is a directory\|neither'
touch "$dir/held.img"
exec 9>"$dir/held.img" && flock 9
with rep "s|^image.*|image = $dir/held.img|" 'held.img is in use'
exec 9>&-
PATH=$PATH:/sbin:/usr/sbin
truncate -s 2M "$dir/swap.img"
mkswap "$dir/swap.img" >/dev/null 2>&1
before=$(hash_of "$dir/swap.img")
with rep "s|^image.*|image = $dir/swap.img|; s|^state.*|state = $dir/swap|" 'swap.img has a signature (swap)'
[ "$(hash_of "$dir/swap.img")" = "$before" ] || fail "an image with a signature was changed"
with rep "s|^image.*|overwrite = perhaps|" 'it must be yes or no'
[ ! -e "$dir/rep/state" ] || fail "a refusal left a state behind"

# The state directory.
with rep "s|^state.*|state = /proc/braid|" 'state directory /proc/braid'
with rep "s|^state.*|state = $dir/key|" 'state directory .*key'
with src "s|^state.*|state = /proc/braid|" 'state directory /proc/braid'
mkdir "$dir/damaged" && head -c 8192 /dev/urandom >"$dir/damaged/state"
with rep "s|^state.*|state = $dir/damaged|" 'damaged/state is damaged, both copies'
mkdir "$dir/empty" && touch "$dir/empty/lineage"
with src "s|^state.*|state = $dir/empty|" 'empty/lineage is damaged'

# What is on the image may be overwritten; an empty file is made again.
: >"$dir/rep.img"
mv "$dir/rep.conf" "$dir/kept.conf"
sed "s|^image.*|image = $dir/swap.img\noverwrite = yes|; s|^state.*|state = $dir/swap|" "$dir/kept.conf" >"$dir/rep.conf"
start rep
stop rep
mv "$dir/kept.conf" "$dir/rep.conf"

# In use by another.
start rep
refuses 1 'in use by another process' -c "$dir/rep.conf"
with rep "s|^state.*|state = $dir/rep2|; s|^control.*|control = $dir/rep2.sock|; s|^image.*|image = $dir/x.img|" 'cannot listen on 127.0.0.1'
with rep "s|^state.*|state = $dir/rep3|; s|^listen.*|listen = 127.0.0.1:1|; s|^image.*|image = $dir/x.img|" 'listens on'
start src
refuses 1 'in use by another process' -c "$dir/src.conf"
wait_for 5 is src state idle
ship >/dev/null
same "the first image"
with rep "s|^state.*|state = $dir/rep4|; s|^control.*|control = $dir/rep4.sock|" 'rep.img is in use'

# A replica's state for a source, an image that is not the one, or is gone.
stop rep
stop src
with src "s|^state.*|state = $dir/rep|" 'state of a replica that was not promoted'
held=$(sha256sum "$dir"/rep/{state,fingerprints})
mv "$dir/rep.img" "$dir/kept.img"
refuses 1 'rep.img is missing' -c "$dir/rep.conf"
truncate -s 1M "$dir/rep.img"
refuses 1 'has 1048576 bytes' -c "$dir/rep.conf"
head -c 2097152 /dev/urandom >"$dir/rep.img"
before=$(hash_of "$dir/rep.img")
refuses 1 'is not the one' -c "$dir/rep.conf"
[ "$(hash_of "$dir/rep.img")" = "$before" ] || fail "a foreign image was changed"
[ "$(sha256sum "$dir"/rep/{state,fingerprints})" = "$held" ] || fail "the state was changed"
mv "$dir/kept.img" "$dir/rep.img"

# A source of another lineage, and one of another size, on the right replica.
start rep
before=$(hash_of "$dir/rep.img")
rm -rf "$dir/src"
start src
wait_for 5 is src state refused || fail "a foreign source is $(field src state)"
field src error | grep -q 'belongs to another source' || fail "no reason: $(field src error)"
[ "$(hash_of "$dir/rep.img")" = "$before" ] || fail "a foreign source changed the image"
stop src
stop rep

# An image that is too small.
rm -rf "$dir/rep" "$dir/src"
truncate -s 1M "$dir/small.img"
sed -i "s|^image.*|image = $dir/small.img|" "$dir/rep.conf"
start rep
start src
wait_for 5 is src state refused || fail "a source too large is $(field src state)"
field src error | grep -q 'image has 1048576 bytes' || fail "no reason: $(field src error)"
[ "$(stat -c %s "$dir/small.img")" = 1048576 ] || fail "the small image was changed"
