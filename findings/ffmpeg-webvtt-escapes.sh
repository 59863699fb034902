#!/bin/sh
# ffmpeg changes what subtitles say when it writes WebVTT of WebVTT: escapes of another form come in, those of WebVTT go out.
# Its subtitles are ASS inside. A brace and a backslash of the text get ASS's escapes on the way in (`\{{}`, and a word joiner U+2060
# behind the backslash), which stay there on the way out, as text that players show; `&` and `<` are decoded and written as they stand,
# so that the next reader takes `<b>` for a tag. Each further pass adds to it. `-c:s copy` keeps everything.
# Who meets it: whoever cuts, shifts or joins subtitles with ffmpeg without `-c:s copy`, or makes SubRip of them.
# Ossicle writes WebVTT without braces and backslashes, so that only `&`, `<` and `>` are at stake: src/output/print_subtitles.c,
# tests/output/test_cues.c.
# Seen 2026-11-29 with ffmpeg 9.0.2; 5.1.9 writes `\{x\}`, and takes `\N` for the end of a line.
. "$(dirname "$0")/common/setup.sh"
install imageio-ffmpeg==0.8.1
expect <<'END'
ffmpeg 9.0.2
in:                 ['{x} C:\\New', 'R&amp;D a &lt;b&gt; c']
-c:s copy:          ['{x} C:\\New', 'R&amp;D a &lt;b&gt; c']
-c:s webvtt:        ['\\{{}x} C:\\\u2060New', 'R&D a <b> c']
-c:s webvtt, twice: ['\\\u2060\\{{}\\{{}}x} C:\\\u2060\u2060New', 'R&D a <b> c</b>']
-c:s srt:           ['\\{{}x} C:\\\u2060New', 'R&D a <b> c']
END
observe <<'END'
import subprocess
import imageio_ffmpeg

def convert(text, codec, form="webvtt"):
    return subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-f", "webvtt", "-i", "-",
                           "-c:s", codec, "-f", form, "-"], input=text, check=True, capture_output=True, encoding="utf-8").stdout

def cues(text):
    return [cue.split("\n")[1] for cue in text.split(" --> ")[1:]]

text = "WEBVTT\n\n00:00.000 --> 00:01.000\n{x} C:\\New\n\n00:01.000 --> 00:02.000\nR&amp;D a &lt;b&gt; c\n"
once = convert(text, "webvtt")
print("ffmpeg", imageio_ffmpeg.get_ffmpeg_version().strip("n").split("-")[0])
for name, result in (("in", text), ("-c:s copy", convert(text, "copy")), ("-c:s webvtt", once),
                     ("-c:s webvtt, twice", convert(once, "webvtt")),
                     ("-c:s srt", convert(text, "srt", "srt"))):
    print(f"{name + ':':<20}{ascii(cues(result))}")
END
