#!/bin/bash
# Each agent dies at every one of its failpoints, in the first image and in a
# later era: the replica is at a committed era, and the next start goes on.
# timeout: 900
. "$(dirname "$0")/lib.sh"
[ -x "$fp_bin/braidd" ] || skip "no braidd with failpoints"

mapfile -t points < <(grep -rhoE 'FAILPOINT\("[a-z._]+"\)' "$top/userspace" | cut -d '"' -f 2 | sort -u)
[ "${#points[@]}" -ge 12 ] || fail "only ${#points[@]} failpoints were found"

dead() {
	! kill -0 "${pids[$1]}" 2>/dev/null
}

# committed: at the era before, or at the one that was shipped.
committed() {
	case $(field rep era) in
	"$era") [ "$(hash_of "$dir/rep.img")" = "$hash" ] || fail "$1: the image is not era $era" ;;
	"$((era + 1))") cmp "$dir/src.img" "$dir/rep.img" || fail "$1: the image is not era $((era + 1))" ;;
	*) fail "$1: the replica is at era $(field rep era) after $era" ;;
	esac
}

# die_at NAME POINT: start it armed, ship, see whether it died.
die_at() {
	local other=rep
	[ "$1" = src ] || other=src
	start "$other"
	launch "$1" "$fp_bin/braidd" -x "$2"
	wait_for 10 eval "dead $1 || is src state idle"
	dead "$1" || ship >/dev/null 2>&1 || true
	if [ "$1" = rep ] && [[ $2 == promote.* || $2 == state.* ]]; then
		dead "$1" || ask rep promote >/dev/null 2>&1 || true
	fi
	wait_for 2 dead "$1" || true
	dead "$1" && hits=$((hits + 1))
	stop "$1" KILL
	stop "$other"
}

hits=0 tried=0
replica_config
source_config 0
for point in "${points[@]}"; do
	name=rep
	[[ $point != source.* ]] || name=src
	for hit in 1 3; do
		# The first image.
		rm -rf "$dir"/{src,rep} "$dir/rep.img"
		device 6
		tried=$((tried + 1))
		die_at $name "$point:$hit"
		start rep
		if [ "$(field rep era)" = 0 ]; then
			is rep image_state empty || is rep image_state initialising ||
				fail "$point: the state is $(field rep image_state)"
		else
			cmp "$dir/src.img" "$dir/rep.img" || fail "$point: the first image is wrong"
		fi
		if ! is rep state promoted; then
			start src
			wait_for 10 is src state idle || fail "$point: the source did not connect"
			[ -n "$(ship)" ] || fail "$point: the first image did not go on"
			same "$point in the first image"
			stop src
		fi
		stop rep
		[ "$(grep -c AddressSanitizer "$dir"/*.log | grep -vc ':0')" = 0 ] || fail "sanitizer"

		# An era after it.
		rm -rf "$dir"/{src,rep} "$dir/rep.img"
		start rep
		start src
		wait_for 10 is src state idle
		era=$(ship)
		same "before $point"
		hash=$(hash_of "$dir/rep.img")
		stop src
		stop rep
		scribble 30
		tried=$((tried + 1))
		die_at $name "$point:$hit"
		start rep
		committed "$point:$hit"
		if ! is rep state promoted; then
			start src
			wait_for 10 is src state idle || fail "$point: the source did not connect"
			[ -n "$(ship)" ] || fail "$point: no era after it"
			same "$point in an era"
			stop src
		fi
		stop rep
	done
done
[ "$hits" -ge 20 ] || fail "only $hits of $tried attempts died where they should"
echo "${#points[@]} failpoints, $hits deaths in $tried attempts"
