# SPDX-License-Identifier: MIT
# Fuzzing with clang's libFuzzer. Included by the Makefile.
#
#   make fuzz SECONDS=60        every target in tests/fuzz, that long each; then the two differential
#                               tests, ROUNDS=1000 of each of their kinds
#   make fuzz-ids SECONDS=60    builds build/fuzz/ids and runs it alone
#
# What crashes a target is left beside it, as build/fuzz/NAME-crash-... Inputs that were found lie in
# build/fuzz/NAME.corpus and are the start of the next run; tests/fuzz/corpus/NAME, made by hand, is
# the start of the first. `make check-all` runs every target for a fixed number of inputs.

FUZZ_CC    ?= $(notdir $(firstword $(shell command -v clang-14 clang)))
FUZZ_FLAGS := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
SECONDS    ?= 60
ROUNDS     ?= 1000
FUZZERS    := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# What each is linked to: the sources below src that it reaches.
FUZZ_KIT          := $(patsubst src/%.c,%,$(filter-out src/kit/main.c src/kit/sbom.c,$(KIT_SOURCES)))
FUZZ_calls        := kit/calls kit/heap kit/notes refusal
FUZZ_certs        := setup/certs_pem setup/certs_der setup/certs_answer refusal
FUZZ_config       := config sources environment ids options value refusal
FUZZ_der          := $(FUZZ_certs)
FUZZ_dropin       := dropin environment init/decide init/names value ids refusal
FUZZ_elf_deps     := kit/audit/elf_object kit/heap
FUZZ_environment  := environment sources options value ids plan_puid refusal
FUZZ_heads        := command/elf_head command/script_head command/file_caps
FUZZ_ids          := value ids idmap refusal
FUZZ_exceptions   := kit/audit/exceptions kit/audit/catalogue kit/audit/escape kit/audit/findings kit/heap refusal
FUZZ_explain      := $(addprefix explain/,arguments kinds line names) confine/evaluate confine/notify front/log \
                     generated/names $(patsubst %,generated/filter_%,default default_compat strict)
FUZZ_landlock     := $(patsubst src/%.c,%,$(filter-out src/main.c,$(SOURCES))) $(GENERATED:%=generated/%)
FUZZ_layers       := $(FUZZ_KIT)
FUZZ_learned      := $(FUZZ_KIT)
FUZZ_loader       := $(patsubst src/%.c,%,$(filter-out src/kit/rootfs/rootfs.c src/kit/rootfs/sbom.c,\
                       $(wildcard src/kit/rootfs/*.c))) kit/env_line kit/heap kit/notes kit/files kit/sha256 value \
                       command/script_head refusal
FUZZ_options      := options value refusal
FUZZ_packages     := $(FUZZ_loader) kit/rootfs/sbom kit/spdx
FUZZ_pem          := $(FUZZ_certs) setup/certs_count
FUZZ_plan         := $(FUZZ_landlock)
FUZZ_profile_file := confine/profile_file $(filter %/evaluate,$(patsubst src/%.c,%,$(wildcard src/*/*.c))) \
                     refusal
FUZZ_profile_json := $(FUZZ_calls) $(filter %/evaluate,$(FUZZ_profile_file)) \
                     $(addprefix kit/,action assemble conditions emit errnos json policy profile \
                     profile_rule profile_value reading samples tree version) value
FUZZ_recording    := $(FUZZ_KIT)
FUZZ_request      := kit/request kit/version value kit/run_request kit/rootfs/wishes options $(FUZZ_calls)
FUZZ_rootfs       := $(FUZZ_KIT)
FUZZ_show         := kit/walks confine/evaluate $(FUZZ_calls)
FUZZ_tar          := $(patsubst src/%.c,%,$(filter-out src/kit/audit/command.c src/kit/audit/output.c,\
                       $(wildcard src/kit/audit/*.c)) $(KIT_SHARED)) kit/env_line kit/heap kit/notes
FUZZ_values       := value options options_read confine/rlimits_parse init/names refusal
FUZZ_zone         := setup/zone refusal

FUZZ_LIBS_KIT          := -lseccomp -ljson-c -lz -lcap-ng

FUZZ_LIBS_dropin       := -lcap-ng
FUZZ_LIBS_explain      := -ljson-c
FUZZ_LIBS_heads        := -lcap-ng
FUZZ_LIBS_packages     := -ljson-c
FUZZ_LIBS_landlock     := -lcap-ng
FUZZ_LIBS_layers       := $(FUZZ_LIBS_KIT)
FUZZ_LIBS_learned      := $(FUZZ_LIBS_KIT)
FUZZ_LIBS_plan         := -lcap-ng
FUZZ_LIBS_profile_json := -lseccomp -ljson-c
FUZZ_LIBS_recording    := $(FUZZ_LIBS_KIT)
FUZZ_LIBS_request      := -lseccomp
FUZZ_LIBS_rootfs       := $(FUZZ_LIBS_KIT)
FUZZ_LIBS_show         := -lseccomp
FUZZ_LIBS_values       := -lcap-ng
FUZZ_LIBS_tar          := $(FUZZ_LIBS_KIT)

.PHONY: fuzz fuzzers fuzz-needs $(FUZZERS:%=fuzz-%)

fuzz-needs: needs
	@src/build/needs.sh 'make test-deps' '$(or $(FUZZ_CC),clang) $(FUZZ_FLAGS)' cap-ng.h

$(BUILD)/fuzz/objects/%.o: src/%.c | fuzz-needs
	@mkdir -p $(@D)
	$(call say,FUZZ)
	$(Q)$(FUZZ_CC) $(COMMON) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

$(BUILD)/fuzz/objects/generated/%.o: $(BUILD)/generated/$(ARCH)/%.c | fuzz-needs
	@mkdir -p $(@D)
	$(call say,FUZZ)
	$(Q)$(FUZZ_CC) $(COMMON) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

# The profiles that it carries inside.
$(BUILD)/fuzz/objects/kit/builtin.o: src/profiles/default.json src/profiles/strict.json src/kit/learned.json

# A list names a source twice where it is made of others.
define fuzzer
$(BUILD)/fuzz/$(1): tests/fuzz/fuzz_$(1).c $(sort $(FUZZ_$(1):%=$(BUILD)/fuzz/objects/%.o))
	@mkdir -p $$(@D)
	$$(call say,FUZZ)
	$$(Q)$$(FUZZ_CC) $$(filter-out -Wwrite-strings,$$(COMMON)) $$(FUZZ_FLAGS) -fsanitize=fuzzer -o $$@ $$(filter %.c %.o,$$^) \
		$$(FUZZ_LIBS_$(1))
endef
$(foreach name,$(FUZZERS),$(eval $(call fuzzer,$(name))))

# Without clang there are none, and the runner says so.
fuzzers: $(if $(FUZZ_CC),$(FUZZERS:%=$(BUILD)/fuzz/%))

$(FUZZERS:%=fuzz-%): fuzz-%: fuzz-needs $(BUILD)/fuzz/%
	@tests/fuzz/run -s $(SECONDS) $*

# The evaluator and the kernel, filters and their profiles: unit tests, for longer.
DIFFERENTIAL := $(addprefix $(OUT)/tests/unit/test_kit_,differential random)

fuzz: fuzz-needs fuzzers $(DIFFERENTIAL)
	@status=0; tests/fuzz/run -s $(SECONDS) || status=1; \
	STEPDOWN_TESTS_RANDOM=$(ROUNDS) tests/run $(DIFFERENTIAL) || status=1; exit $$status

-include $(shell find $(BUILD)/fuzz -name '*.d' 2>/dev/null)
