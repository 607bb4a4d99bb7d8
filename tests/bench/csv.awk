# SPDX-License-Identifier: MIT
#
# csv - lines of comma-separated values, read and written as RFC 4180 has it, for POSIX awk
#
# A field may be quoted; no field has a newline in it.

# Cuts a line into fields[1..]; returns how many there are.
function csv_split(line, fields,    count, field) {
	split("", fields)
	for (count = 1; ; count++) {
		if (match(line, /^"([^"]|"")*"/)) {
			field = substr(line, 2, RLENGTH - 2)
			gsub(/""/, "\"", field)
		} else {
			match(line, /^[^,]*/)
			field = substr(line, 1, RLENGTH)
		}
		fields[count] = field
		line = substr(line, RLENGTH + 1)
		if (line == "")
			return count
		line = substr(line, 2)
	}
}

# One field, quoted where that is needed.
function csv_field(text) {
	if (text !~ /[",]/)
		return text
	gsub(/"/, "\"\"", text)
	return "\"" text "\""
}
