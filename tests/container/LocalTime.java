// SPDX-License-Identifier: MIT

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Shows one moment in local time, as localtime.c does. */
class LocalTime {
	public static void main(String[] arguments) {
		System.out.println(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm zzz", Locale.ENGLISH)
			.withZone(ZoneId.systemDefault())
			.format(Instant.ofEpochSecond(1782900000)));
	}
}
