"""What Python's packages read out of the forms of a transcript: check_peers.py FOLDER

FOLDER is filled by tests/output/print_formats.c. Every reader has to give the words and times that were written; what a
reader is known to do otherwise with valid input stands at its check."""
import logging
import pathlib
import sys

import jiwer
import meeteval.io
import praatio.textgrid
import pysubs2
import srt
import textgrid
import tgt
import webvtt

logging.disable(logging.WARNING)  # meeteval would rather have another form than ctm
checked = 0
failed = []


def same(what, wanted, got):
    global checked
    checked += 1
    if wanted != got:
        at = next((i for i, (w, g) in enumerate(zip(wanted, got)) if w != g), min(len(wanted), len(got)))
        failed.append(f"{what}: {len(wanted)} wanted, {len(got)} read; at {at}: {wanted[at:at + 2]} / {got[at:at + 2]}")


def ms(seconds):
    return round(float(seconds) * 1000)


def clock(text):
    hours, minutes, seconds = text.replace(",", ".").split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)


def read_rows(path):
    """The first three cells of each row: milliseconds and a text."""
    rows = [line.split("\t")[:3] for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    return [(int(s) if s.isdigit() else s, int(e) if e.isdigit() else e, t.replace("\\\\", "\\")) for s, e, t in rows]


def read_cues(path):
    """Cues of SubRip or WebVTT as the form says: number, times, lines, an empty line."""
    cues = []
    for block in path.read_text(encoding="utf-8").removeprefix("WEBVTT\n\n").removesuffix("\n").split("\n\n"):
        lines = block.split("\n")
        if len(lines) > 2:
            start, end = lines[1].split(" --> ")
            cues.append((clock(start), clock(end), "\n".join(lines[2:])))
    return cues


def check_grids(path, tier, labelled, name):
    grid = praatio.textgrid.openTextgrid(str(path), includeEmptyIntervals=False, reportingMode="error")
    entries = grid.getTier(tier).entries
    same(f"praatio, {tier} of {name}", labelled, [(ms(e.start), ms(e.end), e.label) for e in entries])
    entries = textgrid.TextGrid.fromFile(str(path)).getFirst(tier)
    same(f"textgrid, {tier} of {name}", labelled, [(ms(e.minTime), ms(e.maxTime), e.mark) for e in entries if e.mark])
    # In the long form tgt cuts a label at " = ", which is why the form is short where one holds it.
    if name == "signs.TextGrid" and tier == "segments":
        return
    entries = tgt.io.read_textgrid(str(path)).get_tier_by_name(tier).intervals
    same(f"tgt, {tier} of {name}", labelled, [(ms(e.start_time), ms(e.end_time), e.text) for e in entries])


def check_subtitles(folder, name):
    cues = read_cues(folder / f"{name}.srt")
    got = srt.parse((folder / f"{name}.srt").read_text(encoding="utf-8"))
    same(f"srt, {name}.srt", cues, [(ms(c.start.total_seconds()), ms(c.end.total_seconds()), c.content) for c in got])
    for form in "srt", "vtt":
        cues = read_cues(folder / f"{name}.{form}")
        got = pysubs2.load(str(folder / f"{name}.{form}"), encoding="utf-8", format_=form)
        if form == "srt" and cues and cues[-1][1] >= 360000000:
            continue  # pysubs2 reads two digits of an hour and passes over the first of three
        same(f"pysubs2, {name}.{form}", cues, [(c.start, c.end, c.text.replace("\\N", "\n")) for c in got])
    got = webvtt.read(str(folder / f"{name}.vtt"))
    same(f"webvtt, {name}.vtt", cues, [(clock(c.start), clock(c.end), c.raw_text) for c in got])


def check_nist(folder, name, words):
    times = [(start, end) for start, end, _ in words]
    ctm = list(meeteval.io.CTM.load(folder / f"{name}.ctm"))
    same(f"meeteval, {name}.ctm", times, [(ms(w.begin_time), ms(w.begin_time + w.duration)) for w in ctm])
    tokens = [w.word for w in ctm]
    stm = list(meeteval.io.STM.load(folder / f"{name}.stm"))
    same(f"meeteval, {name}.stm", tokens, [w for line in stm for w in line.transcript.split(" ") if w])


def main():
    folder = pathlib.Path(sys.argv[1])
    for path in sorted(folder.glob("*.words")):
        name = path.name.removesuffix(".words")
        words = read_rows(path)
        for form in "TextGrid", "short.TextGrid":
            check_grids(folder / f"{name}.{form}", "words", words, f"{name}.{form}")
            check_grids(folder / f"{name}.{form}", "segments", read_rows(folder / f"{name}.tsv")[1:], f"{name}.{form}")
        check_subtitles(folder, name)
        check_nist(folder, name, words)
        text = (folder / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")
        if words:
            same(f"jiwer, {name}.txt", [len(words)], [jiwer.process_words(text, text).hits])
    for text in failed:
        print(text)
    print(f"{checked} readings, {len(failed)} not as they were meant")
    return 1 if failed or checked == 0 else 0


sys.exit(main())
