#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Bash completes braidctl's subcommands, options and their values.
set -eE
top=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${BRAID_BIN:-$top/build/bin}:$PATH
command -v braidctl >/dev/null || {
	echo "no program braidctl"
	exit 77
}
. "$top/userspace/braidctl/braidctl.bash"

# completes WANT WORDS...: what is offered for the last word.
completes() {
	local want=$1 found
	shift
	COMP_WORDS=(braidctl "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_braidctl
	found=$(printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' ')
	[ "$found" = "$want " ] || {
		echo "braidctl $*: '$found' is offered, not '$want '"
		exit 1
	}
}

completes 'replica' re
completes '--help --version array keygen monitor promote replica status track' ''
completes '--exec --help --json --mail --oneshot' monitor --
completes 'create' array cr
completes 'abort attach changed check close create detach drop dump erase mark release resize status view' track ''
completes '--assume-clean --chunk --force --help --json --level --no-log --no-ppl --no-superblock --spares' array create a --
completes '--force --help --json --scan' array assemble --
completes '--force --help --json --spare' array add mirror --
completes 'check' array scrub ch
completes '/etc/hostname' array add mirror /etc/hostna
completes '/etc/hostname' array examine /etc/hostna
completes '--since' track close v --s
completes 'raid0 raid1 raid5 raid5_la raid5_ls raid5_ra raid5_rs' array create a --level r
completes 'whole' track close v --view w
completes '/etc/hostname' track attach v /etc/hostname
completes '--force' promote --f
