#!/bin/bash
# A close that was answered is never forgotten, and no era is used twice, whenever the
# power fails; what is on the disk of a closed era stays as it was shipped.
# runs: uml
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/track.sh"
. "$(dirname "$0")/durable.sh"

durable 16 8 16 4 8
for round in $(seq 10); do
	mapfile -t now < <(some 5 1024)
	put "${now[@]}"
	era=$(message close)
	dd if="$vol" of="$LAB_DIR/shipped" bs=1M iflag=direct status=none
	if [ $((round % 2)) = 0 ]; then
		put "${now[@]}"
	fi
	crash
	up
	[ "$(field 4)" -gt "$era" ] || fail "round $round: era $era was closed, and it is era $(field 4) again"
	# whatever differs from what was shipped is reported
	cmp -l "$LAB_DIR/shipped" "$vol" 2>/dev/null |
		awk -v size=$((block * 512)) '{ print int(($1 - 1) / size) }' | uniq >"$LAB_DIR/differ" || true
	mapfile -t now <"$LAB_DIR/differ"
	[ "${#now[@]}" -eq 0 ] || includes "$era" "${now[@]}"
done
