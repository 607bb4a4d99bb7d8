# SPDX-License-Identifier: MIT
#
# The stage that rootfs.sh collects from: a minimal Debian and the six programs of the tests.
ARG DEBIAN
FROM ${DEBIAN}
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update && \
    apt-get install --yes --no-install-recommends ca-certificates tzdata nginx-light redis-server \
        postgresql-client python3 nodejs default-jre-headless && \
    rm -rf /var/lib/apt/lists/*
