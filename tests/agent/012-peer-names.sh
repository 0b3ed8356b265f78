#!/bin/bash
# The replica's name has several addresses, of which one answers; a request to
# ship without a connection makes an attempt at one at once.
# timeout: 60
. "$(dirname "$0")/lib.sh"

device 4
source_config 0
replica_config
start src
wait_for 5 grep -q 'cannot connect' "$dir/src.log" || fail "the source tells no error without a replica"
ask src ship >"$dir/said" && fail "an era was shipped to nobody"
grep -q 'cannot connect' "$dir/said" || fail "without a replica, ship says: $(cat "$dir/said")"
sleep 4 # the next attempt by itself is seconds away
start rep
[ "$(ship)" = 1 ] || fail "no era at once: $(tail -n 1 "$dir/src.log")"
same "at once"
stop src
stop rep

# Only root may lay another list of hosts over the one there is.
printf '127.0.0.%s replica.test\n' 2 3 1 4 >"$dir/hosts"
sed -i 's/^listen = .*:/listen = 127.0.0.3:/' "$dir/rep.conf"
start rep
unshare -m mount --bind "$dir/hosts" /etc/hosts 2>/dev/null || skip "not allowed to give a name several addresses"
sed -i 's/127.0.0.1/replica.test/' "$dir/src.conf"
cat >"$dir/with-hosts" <<-X
	#!/bin/sh
	mount --bind "$dir/hosts" /etc/hosts && exec "$bin/braidd" "\$@"
X
chmod +x "$dir/with-hosts"
rm -f "$dir/src.sock"
unshare -m "$dir/with-hosts" -c "$dir/src.conf" >>"$dir/src.log" 2>&1 &
pids[src]=$!
wait_for 10 answers src || fail "braidd did not start: $(tail -n 1 "$dir/src.log")"
wait_for 10 is src state idle || fail "no address was found that answers: $(tail -n 1 "$dir/src.log")"
