# SPDX-License-Identifier: GPL-2.0-only
# Every target of this file is described by "make help".

KERNEL	?= 6.1
KERNELS	?= 6.1 6.12
PREFIX	?= /usr/local
MODDIR	= /lib/modules/$(shell uname -r)/updates
MAN	= $(wildcard man/*.[1-9])

help:	## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1\t/p' Makefile | \
		while IFS="$$(printf '\t')" read -r target text; do \
			printf '  make %-14s %s\n' "$$target" "$$text"; \
		done

setup:	## install the Debian packages that are missing (root or sudo)
	tools/setup

all: kmod userspace	## the module for KERNEL and the programs

kmod:	## dm-braid.ko for KERNEL=6.1|6.12|running, in build/kmod/KERNEL
	tools/kmod $(KERNEL)

userspace:	## braidd, braidctl and the others, in build/bin
	$(MAKE) -C userspace

demo:	## two virtual machines: replicate, lose a disk, lose a host, recover
	@tools/setup
	@$(MAKE) -s userspace kmod
	@tools/demo/run --kernel $(KERNEL)

test:	## every suite, on 6.1 and 6.12; last line: N passed, N failed, N skipped
	@tools/setup
	@VM_BRIEF=1 tools/test unit kunit uml:style,agent,delta,model,lab vm

test-unit:	## the programs' unit tests
	@tools/test unit

test-kunit:	## the module's pure logic, by the kernel's kunit.py under UML
	@tools/test kunit

test-uml:	## tests/kernel in a UML kernel; TESTS=glob, UML_KASAN=1
	@tools/test uml

test-raid-long:	## CUTS=200 power cuts of arrays, in each of their tests
	@CUTS=$(or $(CUTS),200) LAB_SLOW=4 SUITE_SECONDS=36000 \
		TESTS='14[34]* 16[2689]* 172*' tools/test uml

test-files-long:	## CUTS=20 members lost under ext4, XFS, btrfs; 8 jobs on SMP
	@CUTS=$(or $(CUTS),20) LAB_SLOW=20 SUITE_SECONDS=36000 VM_CPUS=$(or $(VM_CPUS),4) \
		TESTS='19[02]*' tools/test uml vm

test-crash-long:	## CUTS=300 power cuts under writes, then a member is lost
	@CUTS=$(or $(CUTS),300) LAB_SLOW=200 SUITE_SECONDS=14000 \
		TESTS='150*' tools/test uml

test-vm:	## tests/kernel, tests/vm in QEMU on KERNELS="6.1 6.12"; TESTS=glob
	@KERNELS="$(if $(filter command line,$(origin KERNEL)),$(KERNEL),$(KERNELS))" \
		tools/test vm

test-agent:	## braidd's tests on this machine, without the module
	@tools/test agent

test-delta:	## braid-delta's tests and a short run of its fuzzers; TESTS=glob
	@tools/test delta

test-model:	## the tracker's C against a model; OPS=10000000 SEED=n
	@tools/test model

test-track-crash-long:	## CUTS=2000 power cuts under a braid-track device
	@CUTS=$(or $(CUTS),2000) LAB_SLOW=100 SUITE_SECONDS=14000 \
		TESTS='245*' tools/test uml

test-delta-long: userspace	## 100,000 random edits of files up to 64 MiB
	$(MAKE) -C userspace unit
	DELTA_CASES=$(or $(CASES),100000) DELTA_SEED=$(or $(SEED),1) \
		build/unit/delta_property_test

fuzz:	## every fuzzer for SECONDS=600 each
	tools/fuzz all $(or $(SECONDS),600)

bench-delta: userspace	## braid-delta, rdiff, rsync, xdelta3, zstd; ROUNDS=5
	tools/bench/delta --rounds $(or $(ROUNDS),5)

bench-raid:	## braid-raid and md under UML; ROUNDS=5, ONLY=glob
	@tools/setup
	@$(MAKE) -s userspace
	tools/bench/raid --rounds $(or $(ROUNDS),5) --only '$(or $(ONLY),*)'

bench-track:	## braid-track, dm-era, dm-snapshot under UML; ROUNDS=5
	@tools/setup
	@$(MAKE) -s userspace
	tools/bench/track --rounds $(or $(ROUNDS),5) --only '$(or $(ONLY),*)'

style:	## checkpatch, sparse, clang-format, shellcheck, cppcheck
	@tools/test style

install: userspace	## programs, man pages, module of the running kernel (DESTDIR, PREFIX)
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/include
	install -m 755 build/bin/* $(DESTDIR)$(PREFIX)/sbin/
	install -m 644 kmod/dm-braid.h kmod/dm-braid-disk.h \
		$(DESTDIR)$(PREFIX)/include/
	install -D -m 644 userspace/braidctl/braidctl.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/braidctl
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/local/|$(PREFIX)/|' userspace/braidd/braidd@.service \
		>'$(DESTDIR)$(PREFIX)/lib/systemd/system/braidd@.service'
	sed 's|/usr/local/|$(PREFIX)/|' userspace/braidctl/braid-monitor.service \
		>'$(DESTDIR)$(PREFIX)/lib/systemd/system/braid-monitor.service'
	$(foreach m,$(MAN),install -D -m 644 -t \
		$(DESTDIR)$(PREFIX)/share/man/man$(patsubst .%,%,$(suffix $(m))) $(m) &&) true
	@if tools/kmod running >/dev/null; then \
		install -D -m 644 -t $(DESTDIR)$(MODDIR) build/kmod/running/dm-braid.ko && \
		if [ -z "$(DESTDIR)" ]; then depmod -a; fi; \
	else \
		echo "install: the module was not installed; the rest was" >&2; \
	fi

clean:	## remove build/ (the cache of kernels stays)
	rm -rf build

.PHONY: help setup all kmod userspace demo test test-unit test-kunit test-uml \
	test-raid-long test-files-long test-vm test-agent test-delta test-model \
	test-track-crash-long test-delta-long fuzz bench-delta bench-raid \
	bench-track style install clean
