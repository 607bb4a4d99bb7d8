# SPDX-License-Identifier: MIT
#
# charts - one bar chart as SVG from the results of the bench
#
# Usage: awk -v group=NAME -v title=TEXT -f csv.awk -f charts.awk results.csv >chart.svg
# A bar is the ratio to the group's base, a thin line its 10th to 90th percentile, a dashed one the
# goal. Texts are texts, there is no background, and the colours follow the reader's scheme. Exit 1
# where the results have nothing of the group.

function text(value) {
	gsub(/&/, "\\&amp;", value)
	gsub(/</, "\\&lt;", value)
	gsub(/>/, "\\&gt;", value)
	gsub(/"/, "\\&quot;", value)
	return value
}

function micro(unit) {
	return unit == "us" ? "\302\265s" : unit
}

function pixels(ratio) {
	return sprintf("%.1f", ratio / top * WIDE)
}

function say(class, x, y, words) {
	printf "<text class=\"%s\" x=\"%s\" y=\"%s\">%s</text>\n", class, x, y, text(words)
}

function show_head(    height) {
	height = 34 + 24 * (sections + count) + 26 + 18 * notes
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" " \
		"role=\"img\" font-family=\"sans-serif\" font-size=\"13\">\n", ALL, height, ALL, height
	printf "<title>%s</title>\n", text(title)
	print "<style>"
	print "text { fill: #24292f } .own { fill: #0b6bcb } .peer { fill: #a9b4bf } .dim { fill: #57606a }"
	print ".missed { fill: #b3261e } .head { font-weight: bold } .name { text-anchor: end }"
	print ".spread { stroke: #24292f } .goal { stroke: #b3261e; stroke-dasharray: 3 2; stroke-width: 2 }"
	print "@media (prefers-color-scheme: dark) {"
	print "text { fill: #e6edf3 } .own { fill: #58a6ff } .peer { fill: #6e7781 } .dim { fill: #9aa4af }"
	print ".missed { fill: #ff9a91 } .spread { stroke: #e6edf3 } .goal { stroke: #ff9a91 }"
	print "}"
	print "</style>"
	say("head", 8, 20, title)
}

function show_bar(i, y,    end, upper, words) {
	say("name", LEFT - 8, y + 13, subject[i])
	printf "<rect class=\"%s\" data-ratio=\"%s\" x=\"%d\" y=\"%d\" width=\"%s\" height=\"14\"/>\n",
		subject[i] ~ /^stepdown/ ? "own" : "peer", ratio[i], LEFT, y + 2, pixels(ratio[i])
	end = ratio[i]
	if (low[i] != "") {
		upper = high[i] + 0 > top ? top : high[i]
		printf "<line class=\"spread\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n",
			LEFT + pixels(low[i]), LEFT + pixels(upper), y + 9, y + 9
		if (upper + 0 > end + 0)
			end = upper
	}
	words = sprintf("%.2f", ratio[i])
	if (low[i] != "")
		words = words sprintf(" (%.2f-%.2f)", low[i], high[i])
	words = words ", " value[i] " " micro(unit[i])
	if (limit[i] != "") {
		printf "<line class=\"goal\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n",
			LEFT + pixels(limit[i]), LEFT + pixels(limit[i]), y, y + 18
		if (limit[i] + 0 > end + 0)
			end = limit[i]
		words = words "; goal " sign[i] limit[i] ": " (met[i] == "yes" ? "met" : "missed")
	}
	say(met[i] == "no" ? "missed" : "said", sprintf("%.1f", LEFT + pixels(end) + 6), y + 13, words)
}

BEGIN {
	LEFT = 210 # pixels: where the bars begin
	WIDE = 330 # the longest, with what is beyond it
	ALL = 940
	ROOM = 1.15 # a spread may be so much longer than the longest bar, and is cut there
}

NR == 1 { next }

{ csv_split($0, field) }

field[1] == "about" { about[field[2]] = field[3] }

# One base, the first; a subject has further rows only for goals with another one.
field[1] == group && field[6] != "" {
	if (base == "")
		base = field[7]
	if (field[7] == base) {
		what[++count] = field[2]
		subject[count] = field[3]
		value[count] = field[4]
		unit[count] = field[5]
		ratio[count] = field[6]
		low[count] = field[8]
		high[count] = field[9]
		met[count] = field[11]
		goal = field[10]
		if (goal ~ /x$/) {
			gsub(/x/, "", goal)
			sign[count] = goal ~ /^</ ? "below " : "at most "
			sub(/^</, "", goal)
			limit[count] = goal
		}
		sections += what[count] != what[count - 1]
	}
}

# A goal whose base is another one is shown by its verdict alone.
field[1] == group && field[10] != "" && !(field[6] != "" && field[7] == base) {
	goal = field[10]
	sub(/^\+/, "", goal)
	goal = (sub(/^</, "", goal) ? "below " : "at most ") goal
	found = field[4] == "" ? "-" : field[4] " " micro(field[5])
	if (field[10] ~ /x$/)
		found = (field[6] == "" ? "-" : sprintf("%.2f", field[6])) " x " field[7]
	note[++notes] = "Goal: " field[3] ": " field[2] ", " found ", " goal ": " \
		(field[11] == "yes" ? "met" : field[11] == "no" ? "missed" : field[11])
}

END {
	if (count == 0) {
		print "charts: no results of " group >"/dev/stderr"
		exit 1
	}
	for (i = 1; i <= count; i++) {
		if (ratio[i] + 0 > top + 0)
			top = ratio[i]
		if (limit[i] + 0 > top + 0)
			top = limit[i]
	}
	top *= ROOM
	show_head()
	y = 34
	for (i = 1; i <= count; i++) {
		if (what[i] != what[i - 1]) {
			say("dim", 8, y + 14, what[i] ", as a ratio to " base "; less is better")
			y += 24
		}
		show_bar(i, y)
		y += 24
	}
	say("dim", 8, y + 14, "Line: 10th to 90th percentile. " about["CPU"] ", " about["CPUs"] \
		" CPUs, virtual: " about["virtual machine"] ", Linux " about["kernel"])
	for (i = 1; i <= notes; i++)
		say("dim", 8, y + 14 + 18 * i, note[i])
	print "</svg>"
}
