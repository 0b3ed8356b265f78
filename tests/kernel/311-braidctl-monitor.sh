#!/bin/bash
# The monitor tells what happens to an array, in lines and in JSON, runs its hook
# with the event's words, and mails what is grave.
# runs: uml
# timeout: 150
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/braidctl.sh"
. "$(dirname "$0")/super.sh"

a=$(disk a 64)
b=$(disk b 64)
undo drop_arrays

# What a hook and a mailer are given.
mkdir "$LAB_DIR/bin"
cat >"$LAB_DIR/bin/hook" <<'END'
#!/bin/bash
echo "$# $1 $2 $3|$BRAID_EVENT $BRAID_ARRAY $BRAID_SLOT $BRAID_MEMBER $BRAID_HEALTH $BRAID_ACTION|$BRAID_MESSAGE" >>"$LAB_DIR/hook"
read -r line && echo "there is an input: $line" >>"$LAB_DIR/hook"
[ "$1" != removed ] || exit 7
END
cat >"$LAB_DIR/bin/sendmail" <<'END'
#!/bin/bash
{ echo "$*"; cat; } >>"$LAB_DIR/mail"
END
chmod +x "$LAB_DIR"/bin/*
export LAB_DIR PATH=$LAB_DIR/bin:$PATH

# hooked PATTERN: has the hook been called so?
hooked() {
	grep -q -- "$1" "$LAB_DIR/hook"
}

refused 2 'monitor --exec\|--exec .*No such file' monitor --exec "$LAB_DIR/none"
refused 2 'is no address' monitor --mail 'a b'
refused 1 'there is no array nemo' monitor nemo --oneshot
takes monitor --oneshot >"$LAB_DIR/out"
[ ! -s "$LAB_DIR/out" ] || fail "there is no array, but something is told: $(cat "$LAB_DIR/out")"

: >"$LAB_DIR/hook"
braidctl monitor --exec "$LAB_DIR/bin/hook" --mail root@localhost >"$LAB_DIR/lines" 2>"$LAB_DIR/said" &
monitor=$!
undo kill "$monitor"
braidctl monitor other --json >"$LAB_DIR/other" &
other=$!
undo kill "$other"

takes array create mirror --level raid1 "$a" "$b" >"$LAB_DIR/out"
wait_for 30 hooked '^3 appeared mirror |appeared mirror   AA ' || fail "the array was not noticed: $(cat "$LAB_DIR/hook")"
takes array fail mirror "$b"
wait_for 30 hooked "^3 failed mirror $b|failed mirror 1 $b AD idle|slot 1 ($b) failed$" ||
	fail "the failure was not told: $(cat "$LAB_DIR/hook")"
takes array remove mirror "$b"
wait_for 30 hooked "^3 removed mirror $b|removed mirror 1 $b A- idle|" || fail "the removal was not told: $(cat "$LAB_DIR/hook")"
wait_for 10 grep -q 'hook failed: exit status 7' "$LAB_DIR/said" || fail "the hook's failure was not told"
hooked 'there is an input' && fail "the hook can read somebody's input"
wait_for 10 grep -q '^Subject: braid: mirror on .*: slot 1 (.*) failed$' "$LAB_DIR/mail" ||
	fail "no mail was sent: $(cat "$LAB_DIR/mail")"
[ "$(grep -c '^To: root@localhost$' "$LAB_DIR/mail")" = 1 ] || fail "there is mail of what is not grave"
[ "$(head -n 1 "$LAB_DIR/mail")" = "-t -oi" ] || fail "sendmail got $(head -n 1 "$LAB_DIR/mail")"
takes monitor mirror --oneshot >"$LAB_DIR/out"
grep -q ' mirror: 1 of 2 devices are lacking (A-)$' "$LAB_DIR/out" || fail "once: $(cat "$LAB_DIR/out")"

# JSON, a line each.
takes monitor mirror --oneshot --json >"$LAB_DIR/json"
[ "$(wc -l <"$LAB_DIR/json")" = 2 ] || fail "not two lines: $(cat "$LAB_DIR/json")"
sed -n 2p "$LAB_DIR/json" | grep -q '"event":"degraded","array":"mirror","uuid":"[0-9a-f-]*","slot":null,"member":null,"health":"A-","action":"idle","mismatches":0,"message":"1 of 2 devices are lacking (A-)"}$' ||
	fail "the JSON is $(cat "$LAB_DIR/json")"

takes array stop mirror
wait_for 30 hooked '^3 gone mirror |' || fail "the end was not told"
grep -q '^20[0-9-]*T[0-9:]*Z mirror: slot 1 .* failed$' "$LAB_DIR/lines" || fail "the lines are $(cat "$LAB_DIR/lines")"
[ ! -s "$LAB_DIR/other" ] || fail "who watches another array is told of this one"

# It ends when it is told to, and uses no CPU in between.
ticks=$(awk '{print $14 + $15}' "/proc/$monitor/stat")
[ "$ticks" -lt 500 ] || fail "the monitor used $ticks ticks"
kill "$monitor"
status=0
wait "$monitor" || status=$?
[ "$status" = 0 ] || fail "the monitor ended with status $status"
