#!/bin/sh
# sclite takes A and a for the same letter but not É and é, also when it is told that the text is UTF-8; and counts bytes as characters.
# Words are scored without regard to case unless `-s` is given ("all input is mapped to a single case", doc/options.htm). It is that of
# ASCII alone; `-e utf-8` changes nothing, its localisations bring the letters of one alphabet each. `-c`, which scores characters
# (CER), takes bytes without `-e utf-8`: a wrong accent is then half right, and one Chinese character for another two thirds.
# Who meets it: whoever scores French, German, Russian or any language but English: a model of lower case against texts as they are
# written has a wrong word wherever a sentence begins with such a letter, and its CER is not the one that jiwer and `ossicle eval` give.
# Ossicle takes all letters and counts code points: src/text/unicode.c, test_case_policies in tests/text/test_unicode.c; test_characters in
# tests/text/test_edit_distance.c.
# Seen 2026-11-29 with sclite 2.10 (SCTK 2.4.10).
. "$(dirname "$0")/common/setup.sh"
unpack sctk=2.4.10-20151007-1312Z+dfsg2-3.1
expect <<'END'
sclite 2.10
"emma eve" for "Emma Eve" : correct 2, wrong 0, nothing on standard error
"émile éric" for "Émile Éric" : correct 0, wrong 2, nothing on standard error
"émile éric" for "Émile Éric" -e utf-8: correct 0, wrong 2, nothing on standard error
"ёлка эрмитаж" for "Ёлка Эрмитаж" -e utf-8: correct 0, wrong 2, nothing on standard error
"nè" for "né" -c: correct 2, wrong 1, nothing on standard error
"nè" for "né" -c -e utf-8: correct 1, wrong 1, nothing on standard error
"日木" for "日本" -c: correct 5, wrong 1, nothing on standard error
"日木" for "日本" -c -e utf-8: correct 1, wrong 1, nothing on standard error
END
observe <<'END'
import re, subprocess

def sclite(*arguments):
    return subprocess.run(["debian/usr/lib/sctk/bin/sclite", *arguments], capture_output=True)

usage = sclite()
print("sclite", re.search(rb"sclite Version: ([\d.]+)", usage.stdout + usage.stderr).group(1).decode())
for true, heard, options in (("Emma Eve", "emma eve", ""), ("Émile Éric", "émile éric", ""), ("Émile Éric", "émile éric", "-e utf-8"),
                             ("Ёлка Эрмитаж", "ёлка эрмитаж", "-e utf-8"), ("né", "nè", "-c"), ("né", "nè", "-c -e utf-8"),
                             ("日本", "日木", "-c"), ("日本", "日木", "-c -e utf-8")):
    for name, text in (("true", true), ("heard", heard)):
        with open(name, "w", encoding="utf-8") as file:
            file.write(text + " (ann-1)\n")
    run = sclite("-r", "true", "trn", "-h", "heard", "trn", "-i", "spu_id", "-o", "pralign", "stdout", *options.split())
    correct, *wrong = map(int, re.search(rb"#I\) (\d+) (\d+) (\d+) (\d+)", run.stdout).groups())
    printed = "something" if run.stderr else "nothing"
    print(f"\"{heard}\" for \"{true}\" {options}: correct {correct}, wrong {sum(wrong)}, {printed} on standard error")
END
