# SPDX-License-Identifier: MIT
#
#   make deps     install what is missing (as root) and build libcap-ng for musl
#   make          build/stepdown, build/stepdown-kit, the manual, the shell completion
#   make check    the tests for every day (as root): some minutes; check-unit needs no root
#   make check-all      all of them (as root): the release, many images and services, other kernels
#   make check-kernels  the system tests in emulated machines with Debian's kernels, x86-64 and arm64
#   make demo     show the main job on a small real service (as root)
#   make bench    measure it beside its peers (as root): a table, CSV and charts in build/bench
#   make install  PREFIX, DESTDIR
#   make docker   the images, make push, make pin: src/build/images.mk
#   make release  what is given to others, make dist: src/build/release.mk
#
# make V=1 shows the commands. LIBC=musl (default) is what ships, LIBC=glibc works too. ARCH=aarch64
# builds build/aarch64/stepdown on another machine, with the distribution's cross compiler.

VERSION  := 0.1.0
MACHINE  := $(shell uname -m)
ARCH     ?= $(MACHINE)
CROSS    := $(if $(filter-out $(MACHINE),$(ARCH)),$(ARCH)-linux-gnu-)
LIBC     ?= musl
PREFIX   ?= /usr/local
CFLAGS   ?= -Os -g
LDFLAGS  ?=
HOST_CC  ?= $(if $(CROSS),cc,$(CC))
BUILD    := build
OUT      := $(BUILD)$(if $(CROSS),/$(ARCH))
OBJ      := $(OUT)/$(LIBC)
ifneq ($(CROSS),)
ifeq ($(origin CC),default)
CC       := $(CROSS)gcc
endif
endif

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wformat=2 -Wundef -Wpointer-arith -Wvla -Wwrite-strings -Wimplicit-fallthrough \
            $(if $(CI),-Werror)
Q        := $(if $(V),,@)
comma    := ,
say      = @printf '  %-6s %s\n' $(1) $@
# The other architectures' programs have a compiler and flags of their own, whatever CC and CFLAGS are here.
make_for = $(MAKE) --no-print-directory ARCH=$(1) $(if $(filter-out $(MACHINE),$(1)),CC=$(1)-linux-gnu-gcc \
             LIBC=musl CFLAGS='-Os -g' CPPFLAGS= LDFLAGS= HOST_CC='$(HOST_CC)')
DEPS_OF  := make deps$(if $(CROSS), ARCH=$(ARCH))
COMMON   := -std=gnu11 -D_GNU_SOURCE -Iinclude -DSTEPDOWN_VERSION='"$(VERSION)"' $(WARNINGS) -MMD -MP

# --- what ships ------------------------------------------------------------------------------

of_cc = $(shell $(CC) -print-file-name=$(1) 2>/dev/null)

# Nothing that ships knows the folder that it was built in.
ANYWHERE := -ffile-prefix-map='$(CURDIR)=.'
HARDENED := $(ANYWHERE) -fPIE -fstack-protector-strong -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections
LINKED   := -Wl,--gc-sections,-z,relro,-z,now,-z,noexecstack,-z,text,--build-id=none

ifeq ($(LIBC),glibc)
TARGET_FLAGS := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
LINK = $(CC) $(CFLAGS) $(LDFLAGS) -static-pie $(LINKED) -o $@ $(1) -lcap-ng
CAPNG :=
else ifneq ($(findstring musl,$(shell $(CC) -dumpmachine 2>/dev/null)),)
# A distribution that is musl's own, such as Alpine.
TARGET_FLAGS :=
LINK = $(CC) $(CFLAGS) $(LDFLAGS) -static-pie $(LINKED) -o $@ $(1) -lcap-ng
CAPNG :=
else
# Debian's musl-gcc makes a dynamic program of -static-pie without a word; so the start files and
# libraries are named here, which works with gcc and clang alike.
SYSROOT := $(if $(CROSS),$(BUILD)/deps/$(ARCH)/sysroot)
MUSL  := $(SYSROOT)/usr/lib/$(ARCH)-linux-musl
CAPNG := $(BUILD)/deps/$(ARCH)/lib/libcap-ng.a
TARGET_FLAGS := -nostdinc -isystem $(SYSROOT)/usr/include/$(ARCH)-linux-musl -isystem $(call of_cc,include) \
                -idirafter $(BUILD)/deps/$(ARCH)/include
LINK = $(CC) $(LDFLAGS) -nostdlib -nostartfiles -static \
       -Wl,-static,-pie,--no-dynamic-linker $(LINKED) -o $@ \
       $(MUSL)/rcrt1.o $(MUSL)/crti.o $(call of_cc,crtbeginS.o) $(1) $(CAPNG) \
       -L$(MUSL) -lc $(call of_cc,libgcc.a) $(call of_cc,crtendS.o) $(MUSL)/crtn.o
endif

SOURCES := $(wildcard src/*.c src/front/*.c src/setup/*.c src/who/*.c src/confine/*.c src/init/*.c \
                      src/explain/*.c src/command/*.c)
# glibc's syslog cannot be taken out of its library.
SOURCES  := $(if $(filter glibc,$(LIBC)),$(filter-out src/who/silence.c,$(SOURCES)),$(SOURCES))
PROFILES := $(patsubst src/profiles/%.json,%,$(wildcard src/profiles/*.json))
FILTERS  := $(foreach name,$(PROFILES) $(PROFILES:%=%_compat),filter_$(name))
GENERATED := $(FILTERS) names
OBJECTS  := $(SOURCES:src/%.c=$(OBJ)/%.o) $(GENERATED:%=$(OBJ)/generated/%.o)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps test-deps needs test-needs tests guest check-all check-kernels clean distclean install check check-unit check-system check-container \
        demo bench bench-guard bench-publish coverage

all: $(OUT)/stepdown $(BUILD)/stepdown-kit $(BUILD)/stepdown.8 $(BUILD)/stepdown.bash

include src/kit/kit.mk

$(OUT)/stepdown: $(OBJ)/stepdown
	$(call say,STRIP)
	$(Q)cp $< $@ && $(CROSS)strip --strip-all $@

$(OBJ)/stepdown: $(OBJECTS) $(CAPNG)
	$(call say,LINK)
	$(Q)$(call LINK,$(OBJECTS) -Wl$(comma)--print-gc-sections) 2>$@.unused || { cat $@.unused >&2; exit 1; }

$(OBJ)/%.o: src/%.c | $(CAPNG) needs
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(COMMON) $(TARGET_FLAGS) $(HARDENED) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<

$(OBJ)/generated/%.o: $(BUILD)/generated/$(ARCH)/%.c | $(CAPNG) needs
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(COMMON) $(TARGET_FLAGS) $(HARDENED) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<

$(BUILD)/deps/%/lib/libcap-ng.a:
	@echo "libcap-ng is not built for musl on $* yet: run '$(DEPS_OF)' first" >&2
	@false

# What is missing is said by name, not by a compiler: these stand before whatever is compiled.
needs:
	@src/build/needs.sh 'make deps' '$(HOST_CC)' seccomp.h json-c/json.h zlib.h cap-ng.h
	$(if $(CROSS),@src/build/needs.sh '$(DEPS_OF)' '$(CC) $(TEST_FLAGS)' seccomp.h json-c/json.h zlib.h)
	$(if $(CROSS),@expr "$$($(CC) -dumpmachine)" : '$(ARCH)-' >/dev/null || { \
		echo "$(CC) makes no programs for $(ARCH); leave CC out: run '$(DEPS_OF)' first" >&2; false; })
	$(if $(MUSL),@test -e $(MUSL)/rcrt1.o || { echo "musl is not here: run '$(DEPS_OF)' first" >&2; false; })

test-needs: needs
	@src/build/needs.sh 'make test-deps$(if $(CROSS), ARCH=$(ARCH))' '$(CC) $(TEST_FLAGS) $(SANITIZED)' cmocka.h

# What the tests need beside: strace, and engines to run containers in.
test-deps:
	@ARCH=$(ARCH) LIBC=$(LIBC) CC="$(CC)" src/build/deps.sh $(BUILD)/deps/$(ARCH) tests

deps:
	@ARCH=$(ARCH) LIBC=$(LIBC) CC="$(CC)" src/build/deps.sh $(BUILD)/deps/$(ARCH)

# --- texts made from the options' table --------------------------------------------------------

$(BUILD)/manual-maker: src/manual/maker.c src/options.c src/value.c src/refusal.c src/confine/landlock_needs.c | needs
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(HOST_CC) $(filter-out -MMD -MP,$(COMMON)) $(HOST_CFLAGS) -o $@ $^

$(BUILD)/stepdown.8: $(BUILD)/manual-maker src/manual/stepdown.8.in
	$(call say,MAKE)
	$(Q)$(BUILD)/manual-maker manual <src/manual/stepdown.8.in >$@

$(BUILD)/stepdown.bash: $(BUILD)/manual-maker
	$(call say,MAKE)
	$(Q)$(BUILD)/manual-maker completion >$@

# --- tests --------------------------------------------------------------------------------------

# The same sources once more, with the host's compiler and sanitizers; tests link against all of
# them but main.
SANITIZED := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# Another machine's test programs are linked with its own libraries, below build/deps.
TEST_FLAGS := $(if $(CROSS),-idirafter $(SYSROOT)/usr/include -L$(SYSROOT)/usr/lib/$(ARCH)-linux-gnu \
                -L$(SYSROOT)/lib/$(ARCH)-linux-gnu -Wl$(comma)--allow-shlib-undefined)
UNIT_OBJECTS := $(filter-out $(OUT)/unit/main.o,$(SOURCES:src/%.c=$(OUT)/unit/%.o)) \
                $(patsubst src/%.c,$(OUT)/unit/%.o,$(filter-out src/kit/main.c,$(wildcard src/kit/*.c src/kit/*/*.c))) \
                $(GENERATED:%=$(OUT)/unit/generated/%.o) $(OUT)/unit/generated/components.o
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(OUT)/tests/unit/%,$(wildcard tests/unit/test_*.c))
SYSTEM_TESTS := $(patsubst tests/system/%.c,$(OUT)/tests/system/%,$(wildcard tests/system/test_*.c))
HELPERS      := $(patsubst tests/helpers/%.c,$(OUT)/tests/helpers/%,\
                  $(filter-out tests/helpers/support.c tests/helpers/regain.c,\
                    $(wildcard tests/helpers/*.c)))

# argv and environments of string constants are what tests are made of.
TESTED := $(filter-out -Wwrite-strings,$(COMMON)) -Itests

$(OUT)/unit/%.o: src/%.c | test-needs
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(TEST_FLAGS) $(COMMON) $(SANITIZED) -c -o $@ $<

$(OUT)/unit/generated/%.o: $(BUILD)/generated/$(ARCH)/%.c | test-needs
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(TEST_FLAGS) $(COMMON) $(SANITIZED) -c -o $@ $<

$(OUT)/unit/libunit.a: $(UNIT_OBJECTS)
	$(call say,AR)
	$(Q)rm -f $@ && $(CROSS)ar rcsD $@ $^

$(OUT)/tests/unit/%: tests/unit/%.c $(OUT)/unit/libunit.a | test-needs
	@mkdir -p $(@D)
	$(call say,TEST)
	$(Q)$(CC) $(TEST_FLAGS) $(TESTED) $(SANITIZED) -o $@ $< $(OUT)/unit/libunit.a \
		-lcmocka -lcap-ng -lseccomp -ljson-c -lz

$(OUT)/tests/system/%: tests/system/%.c tests/helpers/support.c tests/helpers/support.h | test-needs
	@mkdir -p $(@D)
	$(call say,TEST)
	$(Q)$(CC) $(TEST_FLAGS) $(TESTED) -g -O1 -o $@ $< tests/helpers/support.c -lcmocka

# The set-up's effects are tested by themselves, each in a mount namespace of its own.
$(OUT)/tests/system/test_setup_%: tests/system/test_setup_%.c $(OUT)/unit/libunit.a | test-needs
	@mkdir -p $(@D)
	$(call say,TEST)
	$(Q)$(CC) $(TEST_FLAGS) $(TESTED) $(SANITIZED) -o $@ $< $(OUT)/unit/libunit.a -lcmocka -lcap-ng

# So are the rules of Landlock.
$(OUT)/tests/system/test_landlock_%: tests/system/test_landlock_%.c $(OUT)/unit/libunit.a | test-needs
	@mkdir -p $(@D)
	$(call say,TEST)
	$(Q)$(CC) $(TEST_FLAGS) $(TESTED) $(SANITIZED) -o $@ $< $(OUT)/unit/libunit.a -lcmocka -lcap-ng

# The reader child is called, not started: these link what the unit tests link, but run as root.
$(OUT)/tests/system/test_certs_%: tests/system/test_certs_%.c tests/system/certs_trial.h \
		$(OUT)/unit/libunit.a | test-needs
	@mkdir -p $(@D)
	$(call say,TEST)
	$(Q)$(CC) $(TEST_FLAGS) $(TESTED) $(SANITIZED) -o $@ $< $(OUT)/unit/libunit.a \
		-lcmocka -lcap-ng -lseccomp -ljson-c -lz

# This one runs the shipped program, on certificates made as the unit tests make them.
$(OUT)/tests/system/test_certs_shipped: tests/system/test_certs_shipped.c \
		tests/helpers/support.c tests/helpers/support.h $(OUT)/unit/libunit.a | test-needs
	@mkdir -p $(@D)
	$(call say,TEST)
	$(Q)$(CC) $(TEST_FLAGS) $(TESTED) $(SANITIZED) -o $@ $< tests/helpers/support.c $(OUT)/unit/libunit.a \
		-lcmocka -lcap-ng -lseccomp -ljson-c

# What a test starts inside a container or a namespace: linked as stepdown is.
$(OBJ)/tests/%.o: tests/helpers/%.c | $(CAPNG) needs
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(COMMON) $(TARGET_FLAGS) $(HARDENED) $(CFLAGS) -c -o $@ $<

$(OUT)/tests/helpers/%: $(OBJ)/tests/%.o $(CAPNG)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(call LINK,$(filter %.o,$^))

$(OUT)/tests/helpers/probe: $(OBJ)/tests/regain.o

ifneq ($(CROSS),)
# HOST_CFLAGS are for this machine alone.
KIT_CFLAGS := -O2 -g
$(OUT)/kit/%.o: src/%.c | needs
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(TEST_FLAGS) $(COMMON) $(ANYWHERE) $(KIT_CFLAGS) -c -o $@ $<

$(OUT)/kit/generated/%.o: $(BUILD)/generated/$(ARCH)/%.c | needs
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(TEST_FLAGS) $(COMMON) $(ANYWHERE) $(KIT_CFLAGS) -c -o $@ $<

$(OUT)/stepdown-kit: $(KIT_SOURCES:src/%.c=$(OUT)/kit/%.o) $(OUT)/kit/generated/components.o
	$(call say,LINK)
	$(Q)$(CC) $(TEST_FLAGS) $(KIT_CFLAGS) $(KIT_LDFLAGS) -o $@ $^ $(KIT_LIBS)
endif

# Kernels for virtual machines, as the distribution has them, and the root file systems of those in
# which the suite runs.
$(BUILD)/deps/%/kernel/release:
	@tests/fetch-kernel $(@D) $* >/dev/null

$(BUILD)/deps/%/machine/root.cpio:
	@tests/kernel/root $* $(@D) >/dev/null

# The other architecture, whose kernel and programs run in an emulated machine.
OTHER       := $(if $(filter x86_64,$(MACHINE)),aarch64,x86_64)
MAKE_OTHER   = $(call make_for,$(OTHER))
MAKE_HERE    = $(MAKE) --no-print-directory
# All processors, where nobody has said how many.
PARALLEL     = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
KERNELS     := $(foreach arch,$(MACHINE) $(OTHER),$(BUILD)/deps/$(arch)/kernel/release)
MACHINES    := $(foreach arch,$(MACHINE) $(OTHER),$(BUILD)/deps/$(arch)/machine/root.cpio)

guest: $(OUT)/stepdown $(HELPERS)

tests: $(OUT)/stepdown-kit $(ENGINE_PROFILES)/podman.json $(UNIT_TESTS) $(SYSTEM_TESTS) $(HELPERS)

# What `make check` leaves to `make check-all`: LONG_TESTS are whole programs, LONG_RUNNERS scripts, and
# CONTAINER_GROUPS are those groups of tests/container that it does run. What does part of its work for
# `make check` and all of it for `make check-all` looks at STEPDOWN_TESTS_ALL=1.
LONG_TESTS       := $(addprefix $(OUT)/tests/system/test_,init_kernel kit_learn_hostile kit_rootfs owners_swapped)
RUNNERS          := tests/build/run tests/golden/run tests/emulated
LONG_RUNNERS     := tests/fuzz/run
CONTAINER_GROUPS := cleanup settings runtimes lifecycle init setup_owners setup_service explain
EVERY_DAY        := $(filter-out $(LONG_TESTS),$(UNIT_TESTS) $(SYSTEM_TESTS))

check:
	@echo "check: installs and builds what is missing, then runs the tests for every day: about ten minutes on two free"
	@echo "check: cores. The long ones are left to 'make check-all'."
	@$(MAKE_HERE) test-deps
	@$(MAKE_OTHER) deps
	@$(MAKE_HERE) $(PARALLEL) all tests
	@$(MAKE_OTHER) $(PARALLEL) guest
	@tests/untouched tests/run -b 'tests/container/run $(CONTAINER_GROUPS)' $(EVERY_DAY) $(RUNNERS)

check-all:
	@echo "check-all: installs and builds what is missing, then runs all tests: about three quarters of an hour on two free cores"
	@$(MAKE_HERE) test-deps
	@$(MAKE_OTHER) deps
	@$(MAKE_HERE) $(PARALLEL) all tests fuzzers $(KERNELS)
	@$(MAKE_OTHER) $(PARALLEL) guest
	@STEPDOWN_TESTS_ALL=1 STEPDOWN_KERNELS=all tests/untouched tests/run -b tests/container/run \
		$(UNIT_TESTS) $(SYSTEM_TESTS) $(RUNNERS) $(LONG_RUNNERS)

check-unit: $(ENGINE_PROFILES)/podman.json $(UNIT_TESTS)
	@tests/run $(UNIT_TESTS)

check-system: all $(SYSTEM_TESTS) $(HELPERS)
	@tests/untouched tests/run $(SYSTEM_TESTS)

check-container: all $(HELPERS)
	@tests/untouched tests/run tests/container/run

# The system suite inside machines with the distribution's kernels, of both architectures, and
# stepdown as the first process of each. Emulated: it takes a good while.
check-kernels:
	@$(MAKE_HERE) test-deps
	@$(MAKE_OTHER) test-deps
	@$(MAKE_HERE) $(PARALLEL) all tests $(KERNELS) $(MACHINES)
	@$(MAKE_OTHER) $(PARALLEL) all tests
	@status=0; STEPDOWN_KERNELS=all tests/run $(OUT)/tests/system/test_init_kernel || status=1; \
	for arch in $(MACHINE) $(OTHER); do tests/kernel/run $$arch || status=1; done; exit $$status

# From nothing but a shell, make and a package manager.
demo:
	@$(MAKE_HERE) deps
	@$(MAKE_HERE) $(PARALLEL) $(BUILD)/stepdown $(BUILD)/tests/helpers/probe
	@tests/demo

-include tests/bench/bench.mk
-include tests/fuzz/fuzz.mk

bench: all $(BENCH) $(BUILD)/tests/bench/filters $(ENGINE_PROFILES)/podman.json \
       $(BUILD)/tests/helpers/init_bench $(BUILD)/tests/helpers/init_service
	@tests/bench/run

# Which lines of src the tests run; needs clang and llvm.
coverage: test-deps $(ENGINE_PROFILES)/podman.json
	@tests/coverage/run

# The instructions of a start, which no noise touches, against those that are remembered.
bench-guard: $(BUILD)/stepdown
	@command -v valgrind >/dev/null || { echo "valgrind is not here: run 'make test-deps' first" >&2; false; }
	@tests/bench/guard

# --- the rest ------------------------------------------------------------------------------------

install: all
	install -D -m 0755 $(BUILD)/stepdown $(DESTDIR)$(PREFIX)/sbin/stepdown
	install -D -m 0755 $(BUILD)/stepdown-kit $(DESTDIR)$(PREFIX)/bin/stepdown-kit
	install -D -m 0644 $(BUILD)/stepdown.8 $(DESTDIR)$(PREFIX)/share/man/man8/stepdown.8
	install -D -m 0644 src/manual/stepdown-kit.1 $(DESTDIR)$(PREFIX)/share/man/man1/stepdown-kit.1
	install -D -m 0644 $(BUILD)/stepdown.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/stepdown

include src/build/images.mk src/build/release.mk

# Keeps what `make deps` has built.
clean:
	find $(BUILD) -mindepth 1 -maxdepth 1 ! -name deps ! -name engine -exec rm -rf {} +

distclean:
	rm -rf $(BUILD)

-include $(shell find $(OBJ) $(BUILD)/unit $(BUILD)/kit $(BUILD)/tests -name '*.d' 2>/dev/null)
