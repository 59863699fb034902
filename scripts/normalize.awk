# The one form that texts of all corpora have: put before the program of an awk script (awk "$(cat scripts/normalize.awk)"'...', LC_ALL=C).
#
# normalize(text, language) -> words with single spaces, of letters and apostrophes:
#   - ASCII letters in lower case (others are lowered where they train, by the config's `case`), typographic apostrophes plain, punctuation spaces
#     but for the apostrophe within a word or at one of its ends; one at both ends is a quotation mark.
#   - English ("en"): digits that stand alone are spelt, and so are & and %, and what is written short in one corpus and in full in the others.
# has_number(text) -> whether there are digits left: how they are read is not written, so rows that have some are left out.
function normalize(text, language,    count, token, i, word, line) {
	if (!normalize_ready) {
		split("zero one two three four five six seven eight nine", token, " ")
		for (i in token) full["en", i - 1] = token[i]
		full["en", "mr"] = "mister"
		full["en", "mrs"] = "missus"
		full["en", "ok"] = "okay"
		full["en", "etc"] = "et cetera"
		full["en", "vs"] = "versus"
		normalize_ready = 1
	}
	text = tolower(text)
	gsub(/’|‘|ʼ|ʻ|´/, "'", text)
	if (language == "en") {
		gsub(/&/, " and ", text)
		gsub(/%/, " percent ", text)
	}
	gsub(/[!"#$%&()*+,.\/:;<=>?@\\^_`{|}~\t\r-]|\[|\]/, " ", text)
	gsub(/“|”|„|«|»|‹|›|…|–|—|‑|¿|¡|·| | /, " ", text)
	count = split(text, token, / +/)
	line = ""
	for (i = 1; i <= count; i++) {
		word = token[i]
		if (word ~ /^'.*'$/) gsub(/^'+|'+$/, "", word)
		if (word == "" || word == "'") continue
		if ((language, word) in full) word = full[language, word]
		line = line (line == "" ? "" : " ") word
	}
	return line
}
function has_number(text) { return text ~ /[0-9]/ }
