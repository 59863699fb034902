#!/bin/sh
# libsndfile takes the pad byte of a WAV file for a block of speech.
# A RIFF chunk of odd size is followed by a byte that its size does not count. In WAV, GSM 6.10 (telephone recordings) comes in blocks
# of 65 bytes, 320 samples, so every other recording has that byte; libsndfile rounds it up to one block more, and decodes noise:
# 40 ms at 8 kHz, at the end.
# Who meets it: whoever reads telephone recordings. A CTC model hears something after the last word.
# Ossicle counts whole blocks: src/audio/decoder.c, tests/audio/test_codecs.c.
# Seen 2026-11-28 with libsndfile 1.2.2; the same with 1.2.0 (soundfile 0.12.1).
. "$(dirname "$0")/common/setup.sh"
install numpy==2.3.5 soundfile==0.14.0
expect <<'END'
libsndfile 1.2.2
24 blocks: a chunk of 1560 bytes; 7680 frames read for 7680; the last 320 are louder than the tone: False
25 blocks: a chunk of 1625 bytes; 8320 frames read for 8000; the last 320 are louder than the tone: True
END
observe <<'END'
import io, struct
import numpy, soundfile

print("libsndfile", soundfile.__libsndfile_version__)
for blocks in (24, 25):
    frames = 320 * blocks
    file = io.BytesIO()
    tone = 0.4 * numpy.sin(2 * numpy.pi * 300 * numpy.arange(frames) / 8000)
    soundfile.write(file, tone, 8000, format="WAV", subtype="GSM610")
    at = file.getvalue().index(b"data")
    size = struct.unpack_from("<I", file.getvalue(), at + 4)[0]
    file.seek(0)
    read = soundfile.read(file)[0]
    print(f"{blocks} blocks: a chunk of {size} bytes; {len(read)} frames read for {frames};",
          f"the last 320 are louder than the tone: {abs(read[-320:]).max() > 1.5 * abs(read[:320]).max()}")
END
