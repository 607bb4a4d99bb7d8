/* SPDX-License-Identifier: MIT */
/*
 * step_certs - the step that writes the bundle with the added CA certificates
 */
#ifndef STEPDOWN_SETUP_STEP_CERTS_H
#define STEPDOWN_SETUP_STEP_CERTS_H

#include "plan.h"

#include <stdbool.h>

/* As in steps.h; errno is certs_addition.h's, and open(2)'s of the root directory. */
int step_certs_apply(const struct plan *plan);
int step_certs_check(const struct plan *plan);
#endif
