# SPDX-License-Identifier: MIT
# Images: the release image, from which others copy, and the examples. Included by the Makefile.
#
#   make docker            the release image and every example; make docker.NAME one of them
#   make push              push them; make push.NAME one
#   make pin               put the digests of the images that they start from into examples/pins
#
#   IMAGE_PREFIX   stands before each name: a registry and a folder in it
#   TAG            their tag; by default the version, and latest on this machine beside it
#   PLATFORM       linux/amd64 or linux/arm64; this machine's by default
#   SOURCE_URL     the label org.opencontainers.image.source; the URL of the checkout by default
#   DOCKER, DOCKER_BUILD_FLAGS

DOCKER             ?= docker
DOCKER_BUILD_FLAGS ?=
IMAGE_PREFIX       ?=
TAG                ?= $(VERSION)
PINS               ?= examples/pins

go_arch  = $(patsubst x86_64,amd64,$(patsubst aarch64,arm64,$(1)))
our_arch = $(patsubst amd64,x86_64,$(patsubst arm64,aarch64,$(1)))

PLATFORM   ?= linux/$(call go_arch,$(MACHINE))
IMAGE_ARCH := $(call our_arch,$(notdir $(PLATFORM)))

# A URL may have a password in it, which is nobody's business; nor is a path of this machine.
SOURCE_URL ?= $(shell git config --get remote.origin.url 2>/dev/null | sed -n '/^file:/d; s,://[^/@]*@,://,; /^[^/:]*:/p')
REVISION   ?= $(shell git describe --always --abbrev=40 --dirty --exclude '*' 2>/dev/null)
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || date +%s)

EXAMPLES := $(patsubst examples/%/Dockerfile,%,$(wildcard examples/*/Dockerfile))
image     = $(IMAGE_PREFIX)stepdown$(if $(filter-out stepdown,$(1)),-$(1)):$(TAG)
# What COPY --from=stepdown means. Where somebody has said a tag it is left alone.
latest    = $(if $(filter $(VERSION),$(TAG)),$(Q)$(DOCKER) tag '$(call image,$(1))' '$(patsubst %:$(TAG),%:latest,$(call image,$(1)))')
created   = $$(date -u -d @$(SOURCE_DATE_EPOCH) +%Y-%m-%dT%H:%M:%SZ)
label     = $(if $(2),--label 'org.opencontainers.image.$(1)=$(2)')
labels    = $(call label,source,$(SOURCE_URL)) $(call label,revision,$(REVISION)) \
            $(call label,version,$(VERSION)) --label "org.opencontainers.image.created=$(created)"

.PHONY: docker push pin docker.stepdown push.stepdown $(EXAMPLES:%=docker.%) $(EXAMPLES:%=push.%)

docker: docker.stepdown $(EXAMPLES:%=docker.%)

push: push.stepdown $(EXAMPLES:%=push.%)

# Two files and nothing else: it takes no engine to make, and comes out the same everywhere.
docker.stepdown: programs.$(IMAGE_ARCH)
	@mkdir -p $(BUILD)/images
	$(Q)src/build/image.sh -o $(BUILD)/images/stepdown-$(IMAGE_ARCH).tar -t '$(call image,stepdown)' \
		-a $(call go_arch,$(IMAGE_ARCH)) -d $(SOURCE_DATE_EPOCH) $(labels) \
		$(BUILD)/programs/$(IMAGE_ARCH)/stepdown $(BUILD)/programs/$(IMAGE_ARCH)/stepdown-kit LICENSE
	$(Q)$(DOCKER) load --quiet --input $(BUILD)/images/stepdown-$(IMAGE_ARCH).tar
	$(call latest,stepdown)

$(EXAMPLES:%=docker.%): docker.%: docker.stepdown
	$(Q)pins=$$(src/build/pins.sh arguments $(PINS)) && \
	$(DOCKER) build $(if $(filter-out linux/$(call go_arch,$(MACHINE)),$(PLATFORM)),--platform $(PLATFORM)) \
		$(DOCKER_BUILD_FLAGS) $(labels) $$pins --build-arg STEPDOWN='$(call image,stepdown)' \
		$(base_argument) --tag '$(call image,$*)' examples/$*
	$(call latest,$*)

# These build on another example.
docker.base-derived: docker.base
docker.base-derived: base_argument = --build-arg BASE='$(call image,base)'
docker.private-ca: docker.python
docker.private-ca: base_argument = --build-arg BASE='$(call image,python)'

push.stepdown $(EXAMPLES:%=push.%): push.%: docker.%
	$(Q)$(DOCKER) push '$(call image,$*)'

pin:
	$(Q)DOCKER='$(DOCKER)' src/build/pins.sh resolve $(PINS)
