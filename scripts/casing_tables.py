#!/usr/bin/python3
"""Writes src/text/casing_tables.c from the Unicode character database; `--check` compares it with what stands there.

Reads SpecialCasing.txt, UnicodeData.txt and DerivedCoreProperties.txt of one version, by default those of Debian's package
unicode-data (/usr/share/unicode); another folder can be named. Then `make format`.
"""
import os
import re
import sys

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "text", "casing_tables.c")


def rows(folder, name):
    """The fields of every line that has any, comments taken off."""
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        for line in file:
            fields = [field.strip() for field in line.split("#")[0].split(";")]
            if fields != [""]:
                yield fields


def version(folder):
    with open(os.path.join(folder, "SpecialCasing.txt"), encoding="utf-8") as file:
        return re.match(r"# SpecialCasing-([0-9.]+)\.txt", file.readline()).group(1)


def simple_mappings(folder):
    """Two dictionaries: code point -> simple lower case, simple upper case."""
    lower, upper = {}, {}
    for fields in rows(folder, "UnicodeData.txt"):
        for mapping, field in (lower, fields[13]), (upper, fields[12]):
            if field:
                mapping[int(fields[0], 16)] = int(field, 16)
    return lower, upper


def special_mappings(folder):
    """Two lists of (code point, what it becomes), where that is not the simple mapping and no condition stands."""
    simple_lower, simple_upper = simple_mappings(folder)
    lower, upper = [], []
    for code, to_lower, _, to_upper, *condition in rows(folder, "SpecialCasing.txt"):
        if condition and condition[0]:
            continue
        code = int(code, 16)
        for special, simple, field in (lower, simple_lower, to_lower), (upper, simple_upper, to_upper):
            mapped = [int(part, 16) for part in field.split()]
            if mapped != [simple.get(code, code)]:
                special.append((code, mapped))
    return sorted(lower), sorted(upper)


def ranges(folder, wanted):
    """The code points that have a derived property, as ranges that do not touch."""
    found = []
    for points, name in rows(folder, "DerivedCoreProperties.txt"):
        if name == wanted:
            first, _, last = points.partition("..")
            found.append([int(first, 16), int(last or first, 16)])
    joined = []
    for first, last in sorted(found):
        if joined and joined[-1][1] + 1 == first:
            joined[-1][1] = last
        else:
            joined.append([first, last])
    return joined


def table(kind, name, entries):
    body = ", ".join(entries)
    return f"const {kind} oss_{name}[] = {{{body}}};\nconst size_t oss_{name}_count = sizeof oss_{name} / sizeof *oss_{name};\n"


def source(folder):
    lower, upper = special_mappings(folder)
    text = (f"/* Unicode {version(folder)}: SpecialCasing.txt and DerivedCoreProperties.txt, written by\n"
            " * scripts/casing_tables.py. */\n"
            '#include "text/casing_tables.h"\n\n')
    parts = []
    for name, special in ("special_lower", lower), ("special_upper", upper):
        parts.append(table("oss_special_case", name,
                           [f"{{{code:#x}, {{{', '.join(f'{c:#x}' for c in to)}}}}}" for code, to in special]))
    for name, wanted in ("cased", "Cased"), ("case_ignorable", "Case_Ignorable"):
        parts.append(table("oss_code_range", name, [f"{{{first:#x}, {last:#x}}}" for first, last in ranges(folder, wanted)]))
    return text + "\n".join(parts)


def squeeze(text):
    return re.sub(r"[\s,]+", "", text)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    text = source(arguments[0] if arguments else "/usr/share/unicode")
    if len(arguments) == len(sys.argv) - 1:
        with open(SOURCE, "w", encoding="utf-8") as file:
            file.write(text)
        return
    with open(SOURCE, encoding="utf-8") as file:
        if squeeze(file.read()) != squeeze(text):
            sys.exit(f"{os.path.relpath(SOURCE)} is not what this version of the character database gives")


main()
