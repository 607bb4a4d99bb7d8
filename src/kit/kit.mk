# SPDX-License-Identifier: MIT
# stepdown-kit, and the filters that it compiles into stepdown. Included by the Makefile, which
# defines BUILD, HOST_CC, HOST_CFLAGS, WARNINGS, ANYWHERE and ARCH (as uname -m prints it).

KIT_STATIC  ?= 1
KIT_LIBS    ?= -lseccomp -ljson-c -lz
KIT_LDFLAGS ?= $(if $(filter 1,$(KIT_STATIC)),-static) -Wl,-z,relro,-z,now,-z,noexecstack,--build-id=none
HOST_CFLAGS ?= -O2 -g

# What both programs read alike: certificates, zones, file capabilities, first lines of scripts, options.
KIT_SHARED   := src/refusal.c src/value.c src/options.c src/confine/profile_file.c src/confine/evaluate.c \
                src/command/file_caps.c src/command/script_head.c src/setup/zone.c \
                $(patsubst %,src/setup/certs_%.c,places count pem der)
KIT_SOURCES  := $(wildcard src/kit/*.c src/kit/*/*.c) $(KIT_SHARED)
KIT_OBJECTS  := $(KIT_SOURCES:src/%.c=$(BUILD)/kit/%.o) $(BUILD)/kit/generated/components.o
KIT_PROFILES := $(patsubst src/profiles/%.json,%,$(wildcard src/profiles/*.json))
KIT_FILTERS  := $(foreach name,$(KIT_PROFILES) $(KIT_PROFILES:%=%_compat), \
                  $(BUILD)/generated/$(ARCH)/filter_$(name).c)

$(BUILD)/kit/%.o: src/%.c | needs
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(HOST_CC) -std=gnu11 -D_GNU_SOURCE -Iinclude -MMD -MP $(WARNINGS) $(ANYWHERE) $(HOST_CFLAGS) -c -o $@ $<

# The profiles that it carries inside.
$(BUILD)/kit/kit/builtin.o $(BUILD)/unit/kit/builtin.o: src/profiles/default.json \
	src/profiles/strict.json src/kit/learned.json

$(BUILD)/generated/%/components.c: src/build/components.sh Makefile
	@mkdir -p $(@D)
	$(Q)src/build/components.sh $(VERSION) $(LIBC) >$@

# The kit of this machine says what is in this machine's stepdown, whatever else is built beside.
$(BUILD)/kit/generated/%.o: $(BUILD)/generated/$(MACHINE)/%.c | needs
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(HOST_CC) -std=gnu11 -D_GNU_SOURCE -Iinclude -MMD -MP $(WARNINGS) $(ANYWHERE) $(HOST_CFLAGS) -c -o $@ $<

$(BUILD)/stepdown-kit: $(KIT_OBJECTS)
	$(call say,LINK)
	$(Q)$(HOST_CC) $(HOST_CFLAGS) $(KIT_LDFLAGS) -o $@ $^ $(KIT_LIBS)

# A filter that fails a check is not written, and the build stops here.
$(BUILD)/generated/$(ARCH)/filter_%_compat.c: src/profiles/%.json $(BUILD)/stepdown-kit
	@mkdir -p $(@D)
	$(Q)$(BUILD)/stepdown-kit embed --profile $< --arch $(ARCH) --name $* --compat -o $@

$(BUILD)/generated/$(ARCH)/filter_%.c: src/profiles/%.json $(BUILD)/stepdown-kit
	@mkdir -p $(@D)
	$(Q)$(BUILD)/stepdown-kit embed --profile $< --arch $(ARCH) --name $* -o $@

$(BUILD)/generated/$(ARCH)/names.c: $(BUILD)/stepdown-kit
	@mkdir -p $(@D)
	$(Q)$(BUILD)/stepdown-kit names --arch $(ARCH) -o $@

# Docker's and Podman's own profiles, for the tests and the bench.
ENGINE_PROFILES := $(BUILD)/deps/engine-profiles
.PHONY: engine-profiles
engine-profiles: $(ENGINE_PROFILES)/podman.json
$(ENGINE_PROFILES)/podman.json: | tests/helpers/engine-profiles.sh
	tests/helpers/engine-profiles.sh $(ENGINE_PROFILES)

# What filters cost; `make bench` runs it.
$(BUILD)/tests/bench/filters: tests/bench/filters.c $(filter-out $(BUILD)/kit/kit/main.o,$(KIT_OBJECTS))
	@mkdir -p $(@D)
	$(call say,BENCH)
	$(Q)$(HOST_CC) -std=gnu11 -D_GNU_SOURCE -Iinclude -MMD -MP $(WARNINGS) $(ANYWHERE) $(HOST_CFLAGS) $(KIT_LDFLAGS) \
		-o $@ $^ $(KIT_LIBS)
