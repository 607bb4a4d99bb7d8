/* SPDX-License-Identifier: MIT */
/*
 * keyring - the caller's session keyring is left behind, where the service could ask for its keys
 *
 * A session keyring survives every change of ids, and who has it may read the keys in it. A new one
 * is joined as root, since it counts against the quota of whoever joins it: an ordinary uid has 200
 * keys on the whole host. Source: keyctl(2), session-keyring(7), keyrings(7).
 */
#ifndef STEPDOWN_WHO_KEYRING_H
#define STEPDOWN_WHO_KEYRING_H

#include "options.h"
#include "plan.h"
#include "refusal.h"

/*
 * Where the plan joins one, asks whether keyctl(2) is there at all, and changes nothing. Where it
 * is not, a profile that allows it is refused; without a profile nobody can use keys, and nothing
 * is joined. Returns 0, or -1 with a refusal.
 */
int keyring_look(struct plan *plan, const struct options *options, struct refusal *why);

/* Joins a new, empty one, and proves that it is the session's. EDQUOT: root has too many keys. */
int keyring_join(const struct drop *drop);

/* As the service's user: proves that no key can be found in it. */
int keyring_prove(const struct drop *drop);

#endif
