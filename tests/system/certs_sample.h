/* SPDX-License-Identifier: MIT */
/*
 * certs_sample - two certificates for tests that only need some that count
 *
 * Valid until 2049; no client would believe their signatures, in which alone they differ.
 */
#ifndef STEPDOWN_TESTS_CERTS_SAMPLE_H
#define STEPDOWN_TESTS_CERTS_SAMPLE_H

#define CERTIFICATE_(last)                                                                         \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MFswQ6ADAgEAAgQBAABkMAoGCCqGSM49BAMCMAAwHhcNMjAwMTAxMDAwMDAwWhcN\n"                       \
	"NDkxMjMxMjM1OTU5WjAAMAIwAKMCMAAwCgYIKoZIzj0EAwIDCAABAgMEBQY" last "\n"                    \
	"-----END CERTIFICATE-----\n"
#define CERTIFICATE CERTIFICATE_("I")
#define CERTIFICATE_TWO CERTIFICATE_("J")

#endif
