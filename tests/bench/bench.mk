# SPDX-License-Identifier: MIT
# The programs that `make bench` measures with. Included by the Makefile, which defines BUILD, OBJ,
# CC, HOST_CC, HOST_CFLAGS, COMMON, TARGET_FLAGS, HARDENED, CFLAGS, CAPNG and LINK.

BENCH := $(addprefix $(BUILD)/tests/bench/,startup calls explain landlock noop floor execs)
BARE  := -nostdlib -nostartfiles -static -no-pie -fno-pie -fno-stack-protector -Os

$(BUILD)/tests/bench/explain: tests/bench/explain.c
	@mkdir -p $(@D)
	$(call say,BENCH)
	$(Q)$(HOST_CC) $(filter-out -Wwrite-strings,$(COMMON)) $(HOST_CFLAGS) -o $@ $<

# With an outer filter that is loaded by the code that ships.
$(BUILD)/tests/bench/startup: tests/bench/startup.c src/confine/filter.c src/confine/profile_file.c src/refusal.c
	@mkdir -p $(@D)
	$(call say,BENCH)
	$(Q)$(HOST_CC) $(filter-out -MMD -MP -Wwrite-strings,$(COMMON)) $(HOST_CFLAGS) -o $@ $^

# The filters as they ship, loaded by the code that ships.
$(BUILD)/tests/bench/calls: tests/bench/calls.c src/confine/filter.c $(KIT_FILTERS)
	@mkdir -p $(@D)
	$(call say,BENCH)
	$(Q)$(HOST_CC) $(filter-out -MMD -MP,$(COMMON)) $(HOST_CFLAGS) -o $@ $^

# The rules as they ship; open(2) under them.
$(BUILD)/tests/bench/landlock: tests/bench/landlock.c src/confine/landlock.c src/confine/landlock_rights.c \
		src/confine/landlock_needs.c src/confine/landlock_check.c src/confine/landlock_look.c \
		src/setup/paths.c src/refusal.c
	@mkdir -p $(@D)
	$(call say,BENCH)
	$(Q)$(HOST_CC) $(filter-out -MMD -MP,$(COMMON)) $(HOST_CFLAGS) -o $@ $^

$(BUILD)/tests/bench/noop $(BUILD)/tests/bench/floor: $(BUILD)/tests/bench/%: tests/bench/%.c tests/bench/bare.h
	@mkdir -p $(@D)
	$(call say,BENCH)
	$(Q)$(CC) $(filter-out -MMD -MP,$(COMMON)) $(BARE) -Wl,--build-id=none,-z,noexecstack -o $@ $<

$(OBJ)/tests/bench/execs.o: tests/bench/execs.c | $(CAPNG)
	@mkdir -p $(@D)
	$(call say,BENCH)
	$(Q)$(CC) $(COMMON) $(TARGET_FLAGS) $(HARDENED) $(CFLAGS) -c -o $@ $<

$(BUILD)/tests/bench/execs: $(OBJ)/tests/bench/execs.o $(CAPNG)
	@mkdir -p $(@D)
	$(Q)$(call LINK,$(filter %.o,$^))
	$(Q)strip --strip-all $@

# What the last `make bench` measured, for the README and for whoever compares. Charts and numbers
# are published together or not at all; this machine's name and folders are nobody's business.
bench-publish:
	$(Q)test -f $(BUILD)/bench/results.csv || { echo "nothing is measured yet: run 'make bench' first" >&2; false; }
	$(Q)! grep -n -e "/tmp/" -e "/home/" -e "/root/" -e "/usr/" -e "$(CURDIR)" $(BUILD)/bench/results.csv >&2
	$(Q)! grep -n -w -F -e "$$(uname -n)" $(BUILD)/bench/results.csv >&2
	$(Q)tests/bench/charts $(BUILD)/bench/results.csv $(BUILD)/bench
	$(Q)mkdir -p tests/bench/results
	$(Q)cp $(BUILD)/bench/results.csv $(BUILD)/bench/*.svg tests/bench/results
