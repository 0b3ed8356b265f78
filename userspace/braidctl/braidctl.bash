# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion for braidctl(8). It asks braidctl's own --help for subcommands and
# options, so there is no second list to be kept.

# The subcommands, "array create" and the like, a line each.
_braidctl_subcommands() {
	braidctl --help 2>/dev/null |
		sed -n 's/^  \([a-z]*\( [a-z]\{2,\}\)\{0,1\}\).*/\1/p'
}

# Offer what compgen finds; paths may hold blanks.
_braidctl_offer() {
	mapfile -t COMPREPLY < <(compgen "$@")
}

# What may stand behind an option.
_braidctl_values() {
	case $1 in
	--level) _braidctl_offer -W 'raid0 raid1 raid5 raid5_ls raid5_la raid5_rs raid5_ra' -- "$2" ;;
	--view) _braidctl_offer -W 'whole shipped' -- "$2" ;;
	--chunk | --block) _braidctl_offer -W '4K 16K 64K 256K 1M' -- "$2" ;;
	--meta | --config | -c | --control | --exec | --spares) _braidctl_offer -f -- "$2" ;;
	--extent | --slots | --max-size | --store | --map) ;;
	--since | --view-era | --timeout | --mail) ;;
	*) return 1 ;;
	esac
}

# What may stand where no option does: the names of device-mapper devices, of
# volumes, or paths.
_braidctl_operands() {
	local path names=()
	case $1 in
	keygen | 'array create' | 'array assemble' | 'array examine' | 'array erase' | 'track attach' | 'track create' | 'track erase' | 'track check' | 'track dump')
		_braidctl_offer -f -- "$2"
		return
		;;
	'array scrub')
		names=(check repair stop)
		;;&
	'array fail' | 'array remove' | 'array add' | 'array replace')
		case $2 in
		*/*)
			_braidctl_offer -f -- "$2"
			return
			;;
		esac
		;;&
	replica* | promote)
		for path in /etc/braid/*.conf; do
			path=${path##*/}
			names+=("${path%.conf}")
		done
		;;
	*)
		for path in /dev/mapper/*; do
			[ "${path##*/}" = control ] || names+=("${path##*/}")
		done
		;;
	esac
	_braidctl_offer -W "${names[*]/#\*/}" -- "$2"
}

_braidctl() {
	local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=1
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		_braidctl_offer -W "$(_braidctl_subcommands | cut -d ' ' -f 1 |
			sort -u) --help --version" -- "$current"
		return
	fi
	if _braidctl_subcommands | grep -q "^$command "; then
		words=2
		if [ "$COMP_CWORD" = 2 ]; then
			_braidctl_offer -W "$(_braidctl_subcommands |
				sed -n "s/^$command //p")" -- "$current"
			return
		fi
		command="$command ${COMP_WORDS[2]}"
	fi
	[ "$COMP_CWORD" -gt "$words" ] || return 0
	_braidctl_values "${COMP_WORDS[COMP_CWORD - 1]}" "$current" && return
	case $current in
	-*)
		# shellcheck disable=SC2086 # two words of the command
		_braidctl_offer -W "$(braidctl $command --help 2>/dev/null |
			grep -o '^  --[a-z-]*')" -- "$current"
		;;
	*) _braidctl_operands "$command" "$current" ;;
	esac
}

complete -F _braidctl braidctl
