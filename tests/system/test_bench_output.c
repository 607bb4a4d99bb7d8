/* SPDX-License-Identifier: MIT */
/*
 * What is made of the bench's measurements: ratios, verdicts on the goals, the CSV that is
 * published, the table and the charts. On samples that are made up, so nothing is measured here.
 */
#include "helpers/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char place[] = "/tmp/stepdown-bench-output-XXXXXX";
static struct outcome outcome;

static const char *const samples =
	"about\tCPU\tOne & only <fast>, \"quick\"\n"
	"about\tCPUs\t2\n"
	"about\tkernel\t6.1.0\n"
	"about\tvirtual machine\tno\n"
	"startup\tstart\tstepdown\t60\t50\t80\tus\n"
	"startup\tstart\tno wrapper, <none>\t20\t19\t21\tus\n"
	"startup\tstart\ttini-static\t200\t180\t300\tus\n"
	"startup\tstart\tgosu\t150\t140\t160\tus\n"
	"startup\tstart\tbare musl exec\t40\t39\t41\tus\n"
	"memory\tprivate dirty memory\tstepdown\t48\t48\t48\tkB\n"
	"memory\tprivate dirty memory\tstepdown --seccomp off\t36\t36\t36\tkB\n"
	"memory\tprivate dirty memory\ttini-static\t52\t52\t56\tkB\n"
	"memory\tprivate dirty memory\tcatatonit\t48\t48\t48\tkB\n"
	"size\tfile\tstepdown\t150001\t\t\tbytes\n"
	"chown\t100000 entries, wrong\tstepdown --chown\t160\t150\t170\tms\n"
	"chown\t100000 entries, wrong\tchown -R\t100\t90\t110\tms\n"
	"latency\tsignal to the service\tstepdown\t8\t7\t9\tus\n"
	"latency\tsignal to the service\ttini-static\t16\t15\t17\tus\n";

static void
run_shell(const char *script)
{
	static char whole[4096];

	snprintf(whole, sizeof(whole), "set -eu; bench=$PWD/tests/bench; cd %s; %s", place, script);
	run_words(&outcome, NULL, "sh", "-c", whole);
}

static const char *
shell(const char *script)
{
	run_shell(script);
	if (outcome.status)
		fail_msg("%s: %d %s", script, outcome.status, outcome.err);
	return outcome.out;
}

#define RESULTS "awk -f $bench/csv.awk -f $bench/results.awk $bench/goals "

static int
make_results(void **state)
{
	char path[64];

	(void)state;
	if (!mkdtemp(place))
		return -1;
	snprintf(path, sizeof(path), "%s/samples", place);
	FILE *file = fopen(path, "we");

	if (!file || fputs(samples, file) < 0 || fclose(file))
		return -1;
	shell(RESULTS "samples >results.csv; $bench/charts results.csv .");
	return 0;
}

static int
remove_results(void **state)
{
	(void)state;
	run_words(&outcome, NULL, "rm", "-rf", place);
	return outcome.status;
}

/* Each a whole line of the CSV. */
static const char *const rows[] = {
	"group,what,subject,value,unit,ratio,base,low,high,goal,met",
	"about,CPU,\"One & only <fast>, \"\"quick\"\"\",,,,,,,,",
	/* Exactly at the limit is met; the spread is divided by the same base. */
	"startup,start,stepdown,60,us,0.300,tini-static,0.250,0.400,0.30x,yes",
	"startup,start,\"no wrapper, <none>\",20,us,0.100,tini-static,0.095,0.105,,",
	/* Another base than the group's is a row of its own, and so is a difference. */
	"startup,start,stepdown,60,us,0.400,gosu,0.333,0.533,0.25x,no",
	"startup,\"start, more than bare musl exec\",stepdown,20,us,,bare musl exec,,,+120,yes",
	/* A peer that is missing, on either side. */
	"startup,start,stepdown,60,us,,setpriv,,,0.25x,not measured",
	"startup,start,stepdown --init always,,us,,tini-static,,,0.42x,not measured",
	/* Less than every peer is not as much as one; our own other rows are no peers. */
	"memory,private dirty memory,stepdown,48,kB,1.000,catatonit,1.000,1.000,<1x,no",
	"size,file,stepdown,150001,bytes,,,,,150000,no",
	("chown,\"100000 entries, wrong\",stepdown --chown,160,ms,1.600,chown -R,"
	 "1.500,1.700,1.6x,yes"),
	/* Nothing at all was measured of it. */
	"filter,allowed: getppid,default filter,,,,no filter,,,1.15x,not measured",
};

static void
test_rows_have_ratios_spreads_and_verdicts(void **state)
{
	(void)state;
	const char *csv = shell("sed 's/^/|/; s/$/|/' results.csv");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[256];

		snprintf(line, sizeof(line), "|%s|", rows[i]);
		assert_says(csv, line);
	}
}

static void
test_the_csv_is_read_alike_by_another_reader(void **state)
{
	(void)state;
	assert_string_equal(shell("python3 -c 'import csv\n"
				  "rows = list(csv.DictReader(open(\"results.csv\")))\n"
				  "assert all(len(row) == 11 and None not in row for row in rows)\n"
				  "print(rows[0][\"subject\"]); print(rows[5][\"subject\"])'"),
			    "One & only <fast>, \"quick\"\nno wrapper, <none>\n");
}

static void
test_every_goal_has_a_row_with_a_verdict(void **state)
{
	(void)state;
	assert_string_equal(shell("goals=$(grep -c '^[a-z]' $bench/goals)\n"
				  "judged=$(grep -c -E ',(yes|no|not measured)$' results.csv)\n"
				  "[ $goals -gt 0 ]; echo $((goals - judged))"),
			    "0\n");
}

static void
test_a_line_that_is_no_sample_is_refused(void **state)
{
	(void)state;
	run_shell("printf 'startup\\tstart\\tstepdown\\t1\\n' >broken; " RESULTS "broken");
	assert_int_equal(outcome.status, 1);
	assert_says(outcome.err, "neither a goal nor a sample");
}

static void
test_the_table_marks_what_is_missed(void **state)
{
	(void)state;
	shell("awk -f $bench/csv.awk -f $bench/table.awk results.csv | tr -s ' '");
	assert_says(outcome.out, "CPU One & only <fast>, \"quick\"\n");
	assert_says(outcome.out,
		    " start stepdown 60 us 0.30 (0.25-0.40) x tini-static <= 0.30x yes\n");
	assert_says(outcome.out, " start stepdown 60 us 0.40 (0.33-0.53) x gosu <= 0.25x MISSED\n");
	assert_says(outcome.out,
		    " private dirty memory stepdown 48 kB 1.00 (1.00-1.00) x catatonit "
		    "< 1x MISSED\n");
	assert_says(outcome.out, "\n12 goals, 3 missed, 6 not measured\n");
}

static void
test_charts_are_well_formed_with_bars_in_proportion(void **state)
{
	(void)state;
	/* ELEMENT ratio share of the longest bar, by a parser that takes nothing but XML. */
	shell("python3 -c '\n"
	      "from xml.dom import minidom\n"
	      "for name in \"startup\", \"memory\", \"chown\", \"latency\":\n"
	      "    chart = minidom.parse(name + \".svg\")\n"
	      "    bars = chart.getElementsByTagName(\"rect\")\n"
	      "    one = [float(b.getAttribute(\"width\")) / float(b.getAttribute(\"data-ratio\")) "
	      "for b in bars]\n"
	      "    assert max(one) - min(one) < 1 and min(one) > 10, one\n"
	      "    print(name, *[b.getAttribute(\"data-ratio\") for b in bars])\n"
	      "'");
	assert_string_equal(outcome.out, "startup 0.300 0.100 1.000 0.750 0.200\n"
					 "memory 0.923 0.692 1.000 0.923\n"
					 "chown 1.600 1.000\n"
					 "latency 0.500 1.000\n");
}

/* Words are words, so that they can be read aloud, searched and copied; and in both schemes. */
static void
test_charts_have_their_texts_as_text(void **state)
{
	(void)state;
	shell("cat startup.svg");
	assert_says(outcome.out, ">no wrapper, &lt;none&gt;</text>");
	assert_says(outcome.out, ">0.30 (0.25-0.40), 60 \302\265s; goal at most 0.30: met</text>");
	assert_says(outcome.out,
		    "One &amp; only &lt;fast&gt;, &quot;quick&quot;, 2 CPUs, virtual: no, "
		    "Linux 6.1.0</text>");
	assert_says(outcome.out,
		    ">Goal: stepdown: start, 0.40 x gosu, at most 0.25x: missed</text>");
	assert_says(outcome.out, "prefers-color-scheme: dark");
	shell("cat memory.svg");
	assert_says(outcome.out, ">0.92 (0.92-0.92), 48 kB</text>");
	assert_says(outcome.out, "1.00 x catatonit, below 1x: missed</text>");
}

static void
test_a_chart_of_nothing_is_refused(void **state)
{
	(void)state;
	run_shell("mkdir none; grep -v ^memory results.csv >some.csv; $bench/charts some.csv none");
	assert_int_equal(outcome.status, 1);
	assert_says(outcome.err, "no results of memory");
	assert_string_equal(shell("ls -A none"), "startup.svg\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_have_ratios_spreads_and_verdicts),
		cmocka_unit_test(test_the_csv_is_read_alike_by_another_reader),
		cmocka_unit_test(test_every_goal_has_a_row_with_a_verdict),
		cmocka_unit_test(test_a_line_that_is_no_sample_is_refused),
		cmocka_unit_test(test_the_table_marks_what_is_missed),
		cmocka_unit_test(test_charts_are_well_formed_with_bars_in_proportion),
		cmocka_unit_test(test_charts_have_their_texts_as_text),
		cmocka_unit_test(test_a_chart_of_nothing_is_refused),
	};

	return cmocka_run_group_tests(tests, make_results, remove_results);
}
