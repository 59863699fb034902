#!/bin/sh
# Checks how the sources hang together: scripts/check_layers.sh [FOLDER]   (FOLDER: the root of a checkout; default: this one)
#  - an include names the same folder or a lower layer, never one above or beside it;
#  - inference sees neither training nor what looks after data and models, and neither of them sees inference;
#  - no command but `train` (and the part of `bench` that times it) sees training;
#  - `transcribe`, `listen`, `embed` and `features` include public headers and their own helpers (src/cli) alone: the public interface is enough;
#  - so do the parts of `transcribe`, but for what src/base has for everybody;
#  - each external library is included by its owner only;
#  - nothing of src calls the C library's functions that depend on the locale or read half a number (strtod, tolower, strcasecmp, ...);
#  - no two files of src have one name, but for a file and its header; nor have a header of src and a public one;
#  - no file over 400 lines, no function over 60, half of the functions of src at most 15 (tables excepted).
. "$(dirname "$0")/usage.sh"
set -eu
cd "${1:-$(dirname "$0")/..}"
find src include tests -name '*.[ch]' | LC_ALL=C sort | xargs awk '
	BEGIN {
		level["base"] = 0; level["kernel"] = 1; level["audio"] = 2; level["text"] = 2; level["ngram"] = 2
		level["decode"] = 3; level["augment"] = 3; level["model"] = 4; level["output"] = 4
		level["infer"] = 5; level["units"] = 5; level["dataset"] = 5; level["checkpoint"] = 5; level["convert"] = 5; level["tape"] = 5; level["score"] = 5
		level["check"] = 6; level["lm"] = 6; level["batch"] = 6; level["report"] = 6; level["op"] = 6; level["nn"] = 7; level["fsck"] = 7; level["train"] = 8; level["cli"] = 9
		split("tape batch op nn train", list, " ")
		for (i in list) training[list[i]] = 1
		split("augment units dataset checkpoint convert check report lm score fsck", list, " ")
		for (i in list) tools[list[i]] = 1
		# header -> pattern of the files that may include it
		owner["cblas.h"] = "^(src/kernel/gemm_train|tests/kernel/test_gemm_train)\\.c$"
		owner["sndfile.h"] = "^(src/audio/decoder|tests/support/encode)\\.c$"
		owner["samplerate.h"] = "^src/audio/resampler\\.c$"
		owner["cjson/cJSON.h"] = "^src/base/json"
		owner["xxhash.h"] = "^src/base/hash\\.c$"
		owner["utf8proc.h"] = "^src/text/unicode\\.c$"
		owner["portaudio.h"] = "^src/cli/microphone\\.c$"
		owner["check.h"] = "^tests/"
		owner["linux/audit.h"] = owner["linux/filter.h"] = owner["linux/seccomp.h"] = owner["sys/prctl.h"] = "^src/base/confine\\.c$"
		owner["immintrin.h"] = owner["emmintrin.h"] = owner["cpuid.h"] = owner["arm_neon.h"] = "^src/kernel/"
		# Headers of the C library, POSIX and the compilers; anything else in <> needs an owner above.
		split("arpa/inet.h assert.h ctype.h dirent.h dlfcn.h errno.h fcntl.h fenv.h float.h fnmatch.h ftw.h glob.h inttypes.h limits.h locale.h " \
		      "malloc.h math.h poll.h pthread.h sched.h signal.h spawn.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h " \
		      "stdlib.h string.h sys/file.h sys/ioctl.h sys/mman.h sys/resource.h sys/socket.h sys/stat.h sys/syscall.h sys/time.h " \
		      "sys/types.h sys/utsname.h sys/wait.h termios.h time.h ucontext.h unistd.h sanitizer/asan_interface.h ossicle/ossicle.h", list, " ")
		for (i in list) standard[list[i]] = 1
		# Tables, which may be as long as what they list.
		exempt["src/model/config_keys.c"] = 1
	}
	function complain(text) {
		printf "%s:%d: %s\n", FILENAME, FNR, text
		bad++
	}
	function is_train_side(path, folder) {
		return folder in training || path ~ /^src\/kernel\/gemm_train\./ || path ~ /^src\/cli\/(cmd_train|train|bench_train)/
	}
	function check_include(name,    target) {
		target = name
		sub(/\/.*/, "", target)
		if (target == "support" && folder != "") complain("includes a header of the tests")
		if (FILENAME ~ /^src\/cli\/cmd_(transcribe|listen|embed|features)\.c$/) {
			public_only++
			if (target != "ossicle" && target != "cli") complain("includes " name ", which is not public")
		}
		if (FILENAME ~ /^src\/cli\/(transcribe_|recording_list)/ && target != "ossicle" && target != "cli" && target != "base")
			complain("includes " name ", which is not public")
		if (target == "ossicle") {
			if (folder == "output" && (name == "ossicle/transcript.h" || name == "ossicle/format.h")) return
			if (name != "ossicle/status.h" && name != "ossicle/log.h" && name != "ossicle/precision.h" && name != "ossicle/version.h" && folder != "" && folder != "infer" && folder != "cli")
				complain("includes " name ", which is above it")
			return
		}
		if (folder == "" || !(target in level)) {
			if (folder != "") complain("includes \"" name "\", which is in no layer")
			else if (FILENAME ~ /^include\//) complain("a public header includes \"" name "\"")
			return
		}
		if (target != folder && level[target] >= level[folder])
			complain("includes " name ": " target " (layer " level[target] ") is not below " folder " (layer " level[folder] ")")
		if (is_train_side(FILENAME, folder) && target == "infer") complain("training includes inference: " name)
		if (folder in tools && target == "infer") complain("what looks after data includes inference: " name)
		if (folder == "infer" && target in tools) complain("inference includes what looks after data: " name)
		if (!is_train_side(FILENAME, folder) && is_train_side("src/" name, target)) complain("includes training: " name)
	}
	# Files and their headers stand in one folder, so a name stands for a folder; a public header is named like the file that keeps it.
	function check_name(    name, stem, place) {
		place = name = FILENAME
		sub(/.*\//, "", name)
		sub(/\/[^\/]*$/, "", place)
		stem = name
		sub(/\.[ch]$/, "", stem)
		if (name in seen) complain("is named like " seen[name])
		else if (folder != "" && stem in place_of && place_of[stem] != place) complain("is named like a file of " place_of[stem])
		seen[name] = FILENAME
		if (folder != "") place_of[stem] = place
	}
	function end_file() {
		if (file != "" && lines > 400 && !(file in exempt)) {
			printf "%s: %d lines, at most 400\n", file, lines
			bad++
		}
		lines = 0
	}
	FNR == 1 {
		end_file()
		file = FILENAME
		start = 0
		folder = ""
		if (FILENAME ~ /^src\//) {
			folder = FILENAME
			sub(/^src\//, "", folder)
			sub(/\/.*/, "", folder)
			if (!(folder in level)) complain("the folder " folder " has no layer")
		}
		if (FILENAME ~ /^(src|include)\//) check_name()
	}
	{ lines = FNR; line = $0 }
	line ~ /^#[ \t]*include[ \t]*"/ {
		includes++
		sub(/^[^"]*"/, "", line)
		sub(/".*/, "", line)
		check_include(line)
	}
	line ~ /^#[ \t]*include[ \t]*</ {
		includes++
		sub(/^[^<]*</, "", line)
		sub(/>.*/, "", line)
		if (line in owner) {
			if (FILENAME !~ owner[line]) complain("<" line "> belongs to " owner[line])
		} else if (!(line in standard)) {
			complain("<" line "> has no owner: add it to scripts/check_layers.sh")
		}
	}
	# base/number.h reads numbers, base/utf8.h compares names.
	folder != "" && FILENAME != "src/base/number.c" && /(^|[^a-z_])(strto(d|f|ld)|ato[fil]+|strn?casecmp|strcoll|to(upper|lower)|is(alpha|alnum|digit|xdigit|space|upper|lower|punct|print)|setlocale) ?\(/ && !/^ *(\/?\*|\/\/)/ {
		complain("asks the locale, or takes what is no number")
	}
	/^[A-Za-z_]/ { start = FNR }
	/^}$/ && start > 0 && FILENAME ~ /\.c$/ {
		length_ = FNR - start + 1
		if (length_ > 60) {
			printf "%s:%d: a function of %d lines, at most 60\n", FILENAME, start, length_
			bad++
		}
		if (folder != "") count[length_]++
		if (folder != "") functions++
		start = 0
	}
	END {
		end_file()
		for (median = 1; median < 1000; median++) {
			sum += count[median]
			if (2 * sum >= functions) break
		}
		if (functions == 0 || includes == 0 || public_only == 0) { print "nothing was checked"; exit 1 }
		printf "%d includes; %d functions in src, median %d lines\n", includes, functions, median
		if (median > 15) { print "the median function of src has more than 15 lines"; bad++ }
		exit bad > 0
	}'
