#!/bin/sh
# sclite does not see what follows a semicolon inside a word, nor backslashes, and counts words that differ as correct.
# In its own `-o sgml` a word is followed by `;` and more about it, with `\` to escape; it reads its input that way too, though the
# description of the forms (doc/infmts.htm) has semicolons only at the beginning of lines. A semicolon that stands alone is a word
# without letters. Nothing is printed about it.
# Who meets it: whoever scores texts with punctuation or addresses (`?x=1;y=2`): a wrong word is right when the part before the
# semicolon is; French, which has a blank before it, gets a word more on one side.
# Ossicle writes `,` and `/` for them in ctm, stm and trn: src/output/print_nist.c, tests/output/test_round_trip.c.
# Seen 2026-11-29 with sclite 2.10 (SCTK 2.4.10).
. "$(dirname "$0")/common/setup.sh"
unpack sctk=2.4.10-20151007-1312Z+dfsg2-3.1
expect <<'END'
sclite 2.10
"wait;what now" for "wait;when now": correct 2, wrong 0, nothing on standard error
"wait,what now" for "wait,when now": correct 1, wrong 1, nothing on standard error
"/a?x=1;y=2 ok" for "/a?x=1;y=3 ok": correct 2, wrong 0, nothing on standard error
"cd C:\temp" for "cd C:temp": correct 2, wrong 0, nothing on standard error
"il part ; elle" for "il part elle": correct 3, wrong 1, nothing on standard error
END
observe <<'END'
import re, subprocess

def sclite(*arguments):
    return subprocess.run(["debian/usr/lib/sctk/bin/sclite", *arguments], capture_output=True, text=True)

usage = sclite()
print("sclite", re.search(r"sclite Version: ([\d.]+)", usage.stdout + usage.stderr).group(1))
for heard, true in (("wait;what now", "wait;when now"), ("wait,what now", "wait,when now"),
                    ("/a?x=1;y=2 ok", "/a?x=1;y=3 ok"), (r"cd C:\temp", "cd C:temp"), ("il part ; elle", "il part elle")):
    for name, text in (("heard", heard), ("true", true)):
        with open(name, "w") as file:
            file.write(text + " (ann-1)\n")
    run = sclite("-r", "true", "trn", "-h", "heard", "trn", "-i", "spu_id", "-o", "pralign", "stdout")
    correct, *wrong = map(int, re.search(r"#I\) (\d+) (\d+) (\d+) (\d+)", run.stdout).groups())
    printed = "something" if run.stderr else "nothing"
    print(f'"{heard}" for "{true}": correct {correct}, wrong {sum(wrong)}, {printed} on standard error')
END
