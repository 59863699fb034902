#!/bin/sh
# libsndfile plays the pre-skip of an Ogg Opus stream that does not begin at time 0, and leaves out its end instead.
# An Opus encoder tells how many of the first samples are its own delay and to be dropped; a stream may begin at any time, as one does
# that was recorded from a broadcast (RFC 7845, sections 4.2 and 4.3). libsndfile then drops none and still reads the right number of
# frames: everything is late by the pre-skip and as much is missing at the end. After a seek to frame 0 the same file is right.
# (Pre-skip here 6.5 ms; encoders use up to 80.)
# Who meets it: whoever reads recorded streams, whole or by segments: the two are out of step, and word times are late.
# Ossicle seeks to frame 0 before it reads: src/audio/decoder.c, test_opus_that_begins_later in tests/audio/test_codecs.c.
# Seen 2026-11-28 with libsndfile 1.2.2; the same with 1.2.0 (soundfile 0.12.1).
. "$(dirname "$0")/common/setup.sh"
install numpy==2.3.5 soundfile==0.14.0
expect <<'END'
libsndfile 1.2.2
pre-skip 104 frames
begins at 0 s: 48000 of 48000 frames read, late by 0; after a seek to 0 late by 0
begins at 10 s: 48000 of 48000 frames read, late by 104; after a seek to 0 late by 0
END
observe <<'END'
import io, struct
import numpy, soundfile

RATE, PER_FRAME = 16000, 3  # granule positions count at 48 kHz

def checksum(page):
    # RFC 3533, section 6: polynomial 0x04c11db7, nothing reflected, over the page with 0 in this place.
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value >> 31 else value << 1) & 0xFFFFFFFF
    return value

def begin_at(seconds, data):
    later = b""
    while data:
        size = 27 + data[26] + sum(data[27:27 + data[26]])
        page, data = bytearray(data[:size]), data[size:]
        position = struct.unpack_from("<q", page, 6)[0]
        if position > 0:  # 0: the two pages of headers
            struct.pack_into("<q", page, 6, position + seconds * RATE * PER_FRAME)
        struct.pack_into("<I", page, 22, 0)
        struct.pack_into("<I", page, 22, checksum(page))
        later += page
    return later

def shift(heard, true):
    """By how many frames `heard` is `true` come late, or None."""
    for late in range(1000):
        if numpy.array_equal(heard[late:], true[:len(true) - late]):
            return late

frames = 3 * RATE
noise = 0.1 * numpy.random.default_rng(1).standard_normal(frames)
encoded = io.BytesIO()
soundfile.write(encoded, noise, RATE, format="OGG", subtype="OPUS")
encoded = encoded.getvalue()
pre_skip = struct.unpack_from("<H", encoded, encoded.index(b"OpusHead") + 10)[0] // PER_FRAME
true = soundfile.read(io.BytesIO(encoded))[0]
print("libsndfile", soundfile.__libsndfile_version__)
print("pre-skip", pre_skip, "frames")
for start in (0, 10):
    with soundfile.SoundFile(io.BytesIO(begin_at(start, encoded))) as file:
        opened = file.read(frames)
        file.seek(0)
        sought = file.read(frames)
    print(f"begins at {start} s: {len(opened)} of {frames} frames read, late by {shift(opened, true)};",
          f"after a seek to 0 late by {shift(sought, true)}")
END
