# SPDX-License-Identifier: MIT
#
# results - what the programs of the bench measured, with ratios and goals, as CSV
#
# Usage: awk -f csv.awk -f results.awk goals samples
# A sample is a line of group, what, subject, median, 10th and 90th percentile (or nothing), and
# unit, between tabs; the group "about" has a text as its subject and goes through as it is. Columns
# of the answer: value is the median; ratio is value divided by the median of base; low and high are
# the percentiles divided by the same; goal says what of, as in the file of goals; met is yes, no
# or "not measured".

function number(value) {
	return value == "" ? "" : sprintf(value >= 100 || value == int(value) ? "%.0f" : "%.2f", value)
}

function over(value, base) {
	return value == "" || base + 0 == 0 ? "" : sprintf("%.3f", value / base)
}

function put(a, b, c, d, e, f, g, h, i, j, k) {
	print csv_field(a) "," csv_field(b) "," csv_field(c) "," d "," e "," f "," csv_field(g) \
		"," h "," i "," csv_field(j) "," k
}

# A limit and what was found, to the digits that are shown.
function verdict(limit, found) {
	if (found == "")
		return "not measured"
	return (limit ~ /^</ ? found + 0 < bare(limit) : found + 0 <= bare(limit)) ? "yes" : "no"
}

function bare(limit) {
	gsub(/[<x+]/, "", limit)
	return limit + 0
}

# The median of a base, or nothing; sets base_name.
function median_of(measure, base,    i, least) {
	base_name = base
	if (base != "least peer")
		return (measure SUBSEP base) in median ? median[measure, base] : ""
	least = ""
	for (i = 1; i <= count; i++)
		if (of[i] == measure && subject[i] !~ /^stepdown/ &&
		    (least == "" || median[measure, subject[i]] + 0 < least + 0)) {
			least = median[measure, subject[i]]
			base_name = subject[i]
		}
	return least
}

function row(measure, subject, base, limit,    cut, value, under, at, what, ratio) {
	split(measure, cut, SUBSEP)
	at = measure SUBSEP subject
	value = at in median ? median[at] : ""
	under = base == "-" ? "" : median_of(measure, base)
	what = cut[2]
	if (limit ~ /^\+/) {
		value = value == "" || under == "" ? "" : value - under
		what = what ", more than " base
		put(cut[1], what, subject, number(value), unit[measure], "", base, "", "", limit,
			verdict(limit, number(value)))
		return
	}
	ratio = over(value, under)
	put(cut[1], what, subject, number(value), unit[measure], ratio,
		base == "-" ? "" : base_name, over(p10[at], under), over(p90[at], under), limit,
		limit == "" ? "" : verdict(limit, limit ~ /x$/ ? ratio : number(value)))
}

BEGIN {
	FS = "\t"
	# What the charts and the table show everything of a group beside.
	usual["startup"] = usual["memory"] = usual["size"] = "tini-static"
	usual["outer"] = "tini-static"
	usual["latency"] = usual["reaping"] = "tini-static"
	usual["filter"] = "no filter"
	usual["explain"] = "no --explain"
	usual["chown"] = "chown -R"
	usual["learn"] = "alone"
	usual["landlock"] = "no rules"
	print "group,what,subject,value,unit,ratio,base,low,high,goal,met"
}

/^#/ || /^$/ { next }

NF == 5 {
	goals++
	goal_of[goals] = $1 SUBSEP $2
	goal_subject[goals] = $3
	goal_base[goals] = $4
	goal_limit[goals] = $5
	next
}

$1 == "about" { put($1, $2, $3, "", "", "", "", "", "", "", ""); next }

NF == 7 {
	of[++count] = $1 SUBSEP $2
	subject[count] = $3
	median[$1, $2, $3] = $4
	p10[$1, $2, $3] = $5
	p90[$1, $2, $3] = $6
	unit[$1, $2] = $7
	next
}

{
	print "results: neither a goal nor a sample: " $0 >"/dev/stderr"
	broken = 1
	exit
}

# The row of a sample has the goal that has its base.
function sample_row(i,    cut, base, limit, g) {
	split(of[i], cut, SUBSEP)
	base = cut[1] in usual ? usual[cut[1]] : "-"
	if (median_of(of[i], base) == "")
		base = "-"
	limit = ""
	for (g = 1; g <= goals; g++)
		if (goal_of[g] == of[i] && goal_subject[g] == subject[i] &&
		    goal_base[g] == base && goal_limit[g] !~ /^\+/) {
			limit = goal_limit[g]
			done[g] = 1
		}
	row(of[i], subject[i], base, limit)
}

function group_of(measure,    cut) {
	split(measure, cut, SUBSEP)
	return cut[1]
}

# What was measured together stands together, as it first came; then the group's other goals.
function group_rows(group,    i, j, g) {
	for (i = 1; i <= count; i++)
		if (group_of(of[i]) == group && !shown[of[i]]++)
			for (j = i; j <= count; j++)
				if (of[j] == of[i])
					sample_row(j)
	for (g = 1; g <= goals; g++)
		if (!(g in done) && group_of(goal_of[g]) == group)
			row(goal_of[g], goal_subject[g], goal_base[g], goal_limit[g])
}

END {
	if (broken)
		exit 1
	for (i = 1; i <= count; i++)
		if (!seen[group_of(of[i])]++)
			group_rows(group_of(of[i]))
	for (g = 1; g <= goals; g++)
		if (!seen[group_of(goal_of[g])]++)
			group_rows(group_of(goal_of[g]))
}
