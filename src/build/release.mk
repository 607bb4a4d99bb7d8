# SPDX-License-Identifier: MIT
# A release. Included by the Makefile.
#
#   make dist      build/release/stepdown-VERSION.tar.gz: what is committed, the same bytes each time
#   make release   that, and the programs, their image for each architecture, the manuals, the list
#                  of what they are made of, and SHA256SUMS over all
#
#   RELEASE_ARCHES   x86_64 and aarch64; `make deps` comes first, with ARCH= for each
#   SIGN             a private key of ssh: SHA256SUMS.sig

RELEASE        := $(BUILD)/release
RELEASE_ARCHES ?= x86_64 aarch64
NAME           := stepdown-$(VERSION)

.PHONY: dist release release-files programs

dist:
	@git rev-parse --verify --quiet HEAD >/dev/null || \
		{ echo 'dist: the archive is made of a commit, and this is no checkout of git' >&2; exit 1; }
	@git diff --quiet HEAD || echo 'dist: what is not committed is left out' >&2
	@mkdir -p $(RELEASE)
	$(Q)git -c tar.umask=0022 archive --format=tar --prefix=$(NAME)/ --output=$(RELEASE)/$(NAME).tar HEAD
	$(Q)gzip -9nf $(RELEASE)/$(NAME).tar
	@echo $(RELEASE)/$(NAME).tar.gz

# Both programs of an architecture, stripped.
programs: $(OUT)/stepdown $(OUT)/stepdown-kit
	@mkdir -p $(BUILD)/programs/$(ARCH)
	$(Q)install -m 0755 $(OUT)/stepdown $(OUT)/stepdown-kit $(BUILD)/programs/$(ARCH)
	$(Q)$(CROSS)strip --strip-all $(BUILD)/programs/$(ARCH)/stepdown-kit

# What this make builds too, its make finds ready: two that write one file spoil it.
$(RELEASE_ARCHES:%=programs.%): programs.%: $(if $(filter-out programs.%,$(MAKECMDGOALS)),$(BUILD)/stepdown-kit $(OUT)/stepdown)
	@$(call make_for,$*) programs

release: $(BUILD)/stepdown-kit $(BUILD)/stepdown.8 $(BUILD)/stepdown.bash
	@rm -rf $(RELEASE)
	@$(MAKE) --no-print-directory dist
	@for arch in $(RELEASE_ARCHES); do \
		$(MAKE) --no-print-directory IMAGE_ARCH=$$arch release-files || exit 1; \
	done
	$(Q)cp $(BUILD)/stepdown.8 src/manual/stepdown-kit.1 $(BUILD)/stepdown.bash LICENSE CHANGELOG.md $(RELEASE)
	$(Q)$(BUILD)/stepdown-kit sbom -o $(RELEASE)/$(NAME).spdx.json
	$(Q)cd $(RELEASE) && sha256sum -- * >../SHA256SUMS && mv ../SHA256SUMS .
	$(if $(SIGN),$(Q)ssh-keygen -q -Y sign -n stepdown-release -f '$(SIGN)' $(RELEASE)/SHA256SUMS)
	@ls -l $(RELEASE)

release-files: programs.$(IMAGE_ARCH)
	$(Q)for program in stepdown stepdown-kit; do \
		cp $(BUILD)/programs/$(IMAGE_ARCH)/$$program \
			$(RELEASE)/$$program-linux-$(call go_arch,$(IMAGE_ARCH)) || exit 1; \
	done
	$(Q)src/build/image.sh -o $(RELEASE)/$(NAME)-image-$(call go_arch,$(IMAGE_ARCH)).tar \
		-t 'stepdown:$(VERSION)' -a $(call go_arch,$(IMAGE_ARCH)) -d $(SOURCE_DATE_EPOCH) $(labels) \
		$(BUILD)/programs/$(IMAGE_ARCH)/stepdown $(BUILD)/programs/$(IMAGE_ARCH)/stepdown-kit LICENSE
