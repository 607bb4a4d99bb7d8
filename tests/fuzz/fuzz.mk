# SPDX-License-Identifier: MIT
# Fuzzing with clang's libFuzzer. Included by the Makefile.
#
#   make fuzz-tar SECONDS=60    builds build/fuzz/tar and runs it; what crashes it is left there
#
# Inputs that were found lie in build/fuzz/NAME.corpus and are the start of the next run;
# tests/fuzz/NAME.corpus, where there is one, is the start of the first.

FUZZ_CC    ?= clang-14
FUZZ_FLAGS := -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
SECONDS    ?= 60
FUZZERS    := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# What each is linked to: the sources below src that it reaches.
FUZZ_pem      := setup/certs_pem setup/certs_der setup/certs_count setup/certs_answer refusal
FUZZ_der      := setup/certs_pem setup/certs_der setup/certs_answer refusal
FUZZ_elf_deps := kit/audit/elf_object kit/heap
FUZZ_tar      := $(patsubst src/%.c,%,$(filter-out src/kit/audit/command.c src/kit/audit/output.c,\
                   $(wildcard src/kit/audit/*.c)) $(KIT_SHARED)) kit/heap kit/notes
FUZZ_LIBS_tar := -ljson-c -lz

.PHONY: $(FUZZERS:%=fuzz-%)

$(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c $(wildcard src/kit/audit/*.c src/setup/*.c include/kit/audit/*.h)
	@mkdir -p $(@D)
	$(call say,FUZZ)
	$(Q)$(FUZZ_CC) $(filter-out -MMD -MP,$(COMMON)) $(FUZZ_FLAGS) -o $@ $< \
		$(FUZZ_$*:%=src/%.c) $(FUZZ_LIBS_$*)

$(FUZZERS:%=fuzz-%): fuzz-%: $(BUILD)/fuzz/%
	@mkdir -p $(BUILD)/fuzz/$*.corpus
	$(BUILD)/fuzz/$* -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=1024 \
		-artifact_prefix=$(BUILD)/fuzz/$*- $(BUILD)/fuzz/$*.corpus $(wildcard tests/fuzz/$*.corpus)
