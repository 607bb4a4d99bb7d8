/* SPDX-License-Identifier: MIT */
#include "setup/step_zone.h"

#include "setup/paths.h"
#include "setup/timezone.h"
#include "setup/zone.h"

#include <errno.h>

int
step_zone_link(const struct plan *plan)
{
	if (timezone_link(TIMEZONE_ETC, ZONE_DIRECTORY, plan->zone.text))
		return setup_failed(plan->failure, "replace", TIMEZONE_ETC "/localtime");
	return 0;
}

int
step_zone_check_link(const struct plan *plan)
{
	return timezone_check(TIMEZONE_ETC, ZONE_DIRECTORY, plan->zone.text);
}

int
step_zone_name(const struct plan *plan)
{
	if (timezone_write_name(TIMEZONE_ETC, plan->zone.text))
		return setup_failed(plan->failure, "write", TIMEZONE_ETC "/timezone");
	return 0;
}

int
step_zone_check_name(const struct plan *plan)
{
	return timezone_check_name(TIMEZONE_ETC, plan->zone.text);
}
