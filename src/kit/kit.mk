# SPDX-License-Identifier: MIT
# stepdown-kit, and the filters that it compiles into stepdown. Included by the Makefile, which
# defines BUILD, HOST_CC, HOST_CFLAGS, WARNINGS and ARCH (as uname -m prints it).

KIT_STATIC ?= 1
KIT_LIBS ?= -lseccomp -ljson-c
KIT_LDFLAGS ?= $(if $(filter 1,$(KIT_STATIC)),-static,) -Wl,-z,relro,-z,now,-z,noexecstack
KIT_SOURCES := $(wildcard src/kit/*.c) src/refusal.c $(wildcard src/confine/profile_file.c)
KIT_OBJECTS := $(KIT_SOURCES:src/%.c=$(BUILD)/kit/%.o)
KIT_FILTERS := $(foreach profile,default strict,$(BUILD)/generated/filter_$(profile).c \
	$(BUILD)/generated/filter_$(profile)_compat.c)
DEPS += $(KIT_OBJECTS:.o=.d)

$(BUILD)/kit/%.o: src/%.c
	@mkdir -p $(@D)
	$(HOST_CC) -std=gnu11 -D_GNU_SOURCE -Iinclude -MMD -MP $(WARNINGS) $(HOST_CFLAGS) -c -o $@ $<

$(BUILD)/stepdown-kit: $(KIT_OBJECTS)
	$(HOST_CC) $(HOST_CFLAGS) $(KIT_LDFLAGS) -o $@ $^ $(KIT_LIBS)

# A filter that fails a check is not written, and the build stops here.
$(BUILD)/generated/filter_%_compat.c: src/profiles/%.json $(BUILD)/stepdown-kit
	@mkdir -p $(@D)
	$(BUILD)/stepdown-kit embed --profile $< --arch $(ARCH) --name $* --compat -o $@

$(BUILD)/generated/filter_%.c: src/profiles/%.json $(BUILD)/stepdown-kit
	@mkdir -p $(@D)
	$(BUILD)/stepdown-kit embed --profile $< --arch $(ARCH) --name $* -o $@
