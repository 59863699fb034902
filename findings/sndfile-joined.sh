#!/bin/sh
# libsndfile hears only the first of recordings that were joined end to end.
# A chained Ogg file (RFC 3533, section 4) holds one stream after another, as internet radio writes it at every change of title, and
# so does an MP3 after `cat`. libsndfile announces the frames of the first and reads those, without an error; of an MP3 its libmpg123
# prints a warning on the program's standard error, and libsndfile has no switch for that. (For Vorbis: libsndfile issue 277.)
# Who meets it: whoever trains on recordings that were joined: half of the audio and all of the text.
# Ossicle shows libsndfile each part alone and hears all: src/audio/part.c, tests/audio/test_joined.c.
# Seen 2026-11-28 with libsndfile 1.2.2; the same with 1.2.0 (soundfile 0.12.1).
. "$(dirname "$0")/common/setup.sh"
install numpy==2.3.5 soundfile==0.14.0
expect <<'END'
libsndfile 1.2.2
OGG VORBIS: of 24000 and 32000 frames 24000 announced, 24000 read, nothing on standard error
OGG OPUS: of 24000 and 32000 frames 24000 announced, 24000 read, nothing on standard error
MP3 MPEG_LAYER_III: of 24000 and 32000 frames 24000 announced, 24000 read, something on standard error
END
observe <<'END'
import io, os, tempfile
import numpy, soundfile

def encode(frames, hertz, container, codec):
    file = io.BytesIO()
    tone = 0.4 * numpy.sin(2 * numpy.pi * hertz * numpy.arange(frames) / 16000)
    soundfile.write(file, tone, 16000, format=container, subtype=codec)
    return file.getvalue()

print("libsndfile", soundfile.__libsndfile_version__)
for container, codec in (("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")):
    joined = encode(24000, 440, container, codec) + encode(32000, 660, container, codec)
    with tempfile.TemporaryFile() as errors:
        os.dup2(errors.fileno(), 2)
        with soundfile.SoundFile(io.BytesIO(joined)) as file:
            announced, read = file.frames, len(file.read(100000))
        printed = "something" if errors.tell() > 0 else "nothing"
    print(f"{container} {codec}: of 24000 and 32000 frames {announced} announced, {read} read, {printed} on standard error")
END
