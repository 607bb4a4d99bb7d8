# SPDX-License-Identifier: MIT
#
# table - the results of the bench for a reader, from their CSV
#
# Usage: awk -f csv.awk -f table.awk results.csv

function line(what, subject, measured, ratio, goal, met,    text) {
	text = sprintf("%-47s %-25s %15s  %-34s %-9s %s", what, subject, measured, ratio, goal, met)
	sub(/ +$/, "", text)
	print text
}

# A limit in words: "at most" is what it means unless it says "<".
function limit(goal) {
	sub(/^\+/, "", goal)
	return goal == "" ? "" : goal ~ /^</ ? "< " substr(goal, 2) : "<= " goal
}

function beside(ratio, base, low, high, goal) {
	if (ratio == "")
		return base == "" || goal !~ /x$/ ? "" : "- x " base
	return sprintf("%.2f%s x %s", ratio, low == "" ? "" : sprintf(" (%.2f-%.2f)", low, high), base)
}

NR == 1 { next }

{ csv_split($0, field) }

field[1] == "about" {
	printf "%-28s %s\n", field[2], field[3]
	next
}

!head++ {
	print ""
	line("what", "subject", "measured", "ratio (10th-90th percentile)", "goal", "met")
}

field[1] != group {
	group = field[1]
	print group
}

{
	met = field[11] == "no" ? "MISSED" : field[11]
	line("  " field[2], field[3], field[4] == "" ? "-" : field[4] " " field[5],
		beside(field[6], field[7], field[8], field[9], field[10]), limit(field[10]), met)
	goals += field[10] != ""
	missed += met == "MISSED"
	unknown += met == "not measured"
}

END { printf "\n%d goals, %d missed, %d not measured\n", goals, missed, unknown }
