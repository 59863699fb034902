#!/bin/sh
# libsndfile drops most of an MP3 of variable bit rate that has no Xing header.
# The header is a frame that some encoders put in front; no standard asks for it, and cutting or streaming loses it. Without it
# libmpg123 guesses the length from the size of the file and of the first frame. libsndfile takes the guess for the length and reads
# no further, without an error, where a player would play on. A recording that begins loud and goes on softly loses its end.
# Who meets it: whoever trains on MP3 that was cut, streamed or downloaded in pieces.
# Ossicle counts the frames itself and hears all: src/audio/mpeg.c, src/audio/decoder.c, tests/audio/test_audio_file.c.
# Seen 2026-11-28 with libsndfile 1.2.2; the same with 1.2.0 (soundfile 0.12.1).
. "$(dirname "$0")/common/setup.sh"
install numpy==2.3.5 soundfile==0.14.0
expect <<'END'
libsndfile 1.2.2
with a Xing header: 20 s of frames, 20 s announced, 20 s read
without: 20 s of frames, 6 s announced, 6 s read
END
observe <<'END'
import io
import numpy, soundfile

RATE = 16000  # MPEG 2: 576 samples a frame
KILOBITS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)

def split(data):
    frames = []
    while data:
        assert data[0] == 0xFF and data[1] & 0xFE == 0xF2 and data[2] & 0x0C == 0x08  # layer III at 16 kHz
        size = 72 * KILOBITS[data[2] >> 4] * 1000 // RATE + (data[2] >> 1 & 1)
        frames.append(data[:size])
        data = data[size:]
    return frames

def seconds(samples):
    return f"{samples / RATE:.0f} s"

half = 10 * RATE
noise = 0.2 * numpy.random.default_rng(1).standard_normal(half)
hum = 0.001 * numpy.sin(2 * numpy.pi * 200 * numpy.arange(half) / RATE)
encoded = io.BytesIO()
soundfile.write(encoded, numpy.concatenate((noise, hum)), RATE, format="MP3")
frames = split(encoded.getvalue())
assert b"Xing" in frames[0]
print("libsndfile", soundfile.__libsndfile_version__)
for name, kept in (("with a Xing header", frames), ("without", frames[1:])):
    with soundfile.SoundFile(io.BytesIO(b"".join(kept))) as file:
        announced, read = file.frames, len(file.read(30 * RATE))
    print(f"{name}: {seconds(576 * len(kept))} of frames, {seconds(announced)} announced, {seconds(read)} read")
END
