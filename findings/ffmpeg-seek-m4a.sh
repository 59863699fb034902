#!/bin/sh
# ffmpeg 9 drops the packet it looks for when it seeks in M4A or MP4: a cut begins up to 64 ms late, within a word.
# `ffmpeg -ss S -i FILM` decodes what it needs in front of S and drops that, so that the cut begins at S (`-accurate_seek`, the default).
# AAC and MP3 in MP4 begin with samples of the encoder's own, which the file says to drop; version 9 drops as many again behind every
# seek: the cut begins with the packet after the one that S is in (1024 samples each: 64 ms at 16 kHz, 21 ms at 48). Nothing is said;
# some cuts are shorter than `-t` asks for, most are not. `-i FILM -ss S`, which decodes all that lies before, is exact, and so are both
# with WAV, FLAC and Ogg.
# Who meets it: whoever cuts rows for training, or the words of a transcript, out of recordings of phones and films: the times fit the
# recording, and the cut lacks sounds that are in its text.
# Ossicle reads such a file from its beginning, and cuts rows itself, to the frame (`start`, `end` of a CSV): src/audio/audio_file.c,
# test_segments_of_every_format in tests/audio/test_audio_file.c.
# Seen 2026-11-29 with ffmpeg 9.0.2; 7.0.2 begins where it should.
. "$(dirname "$0")/common/setup.sh"
install numpy==2.3.5 soundfile==0.14.0 imageio-ffmpeg==0.8.1
expect <<'END'
ffmpeg 9.0.2
16 kHz  m4a, from 3 s:    -ss -i  8 ms late, 2.000 s long; -i -ss  0 ms late, 2.000 s long
16 kHz  m4a, from 3.01 s: -ss -i 62 ms late, 1.984 s long; -i -ss  0 ms late, 2.000 s long
16 kHz  m4a, from 7.5 s:  -ss -i 52 ms late, 1.984 s long; -i -ss  0 ms late, 2.000 s long
16 kHz flac, from 3 s:    -ss -i  0 ms late, 2.000 s long; -i -ss  0 ms late, 2.000 s long
16 kHz flac, from 3.01 s: -ss -i  0 ms late, 2.000 s long; -i -ss  0 ms late, 2.000 s long
16 kHz flac, from 7.5 s:  -ss -i  0 ms late, 2.000 s long; -i -ss  0 ms late, 2.000 s long
48 kHz  m4a, from 3 s:    -ss -i  8 ms late, 2.000 s long; -i -ss  0 ms late, 2.000 s long
48 kHz  m4a, from 3.01 s: -ss -i 19 ms late, 1.984 s long; -i -ss  0 ms late, 2.000 s long
48 kHz  m4a, from 7.5 s:  -ss -i  9 ms late, 2.000 s long; -i -ss  0 ms late, 2.000 s long
48 kHz flac, from 3 s:    -ss -i  0 ms late, 2.000 s long; -i -ss  0 ms late, 2.000 s long
48 kHz flac, from 3.01 s: -ss -i  0 ms late, 2.000 s long; -i -ss  0 ms late, 2.000 s long
48 kHz flac, from 7.5 s:  -ss -i  0 ms late, 2.000 s long; -i -ss  0 ms late, 2.000 s long
END
observe <<'END'
import subprocess
import imageio_ffmpeg, numpy, soundfile

SECONDS = 2

def ffmpeg(*arguments):
    run = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y", "-loglevel", "warning", *arguments],
                         check=True, capture_output=True, text=True)
    return run.stderr

def find(part, whole):
    """The frame of `whole` from which on `part` is most like it."""
    size = 1 << (len(whole) + len(part)).bit_length()
    likeness = numpy.fft.irfft(numpy.fft.rfft(whole, size) * numpy.conj(numpy.fft.rfft(part, size)), size)
    return int(likeness[:len(whole)].argmax())

print("ffmpeg", imageio_ffmpeg.get_ffmpeg_version().strip("n").split("-")[0])
for rate in (16000, 48000):
    noise = numpy.random.default_rng(1).standard_normal(10 * rate)
    sound = 0.2 * numpy.convolve(noise, numpy.ones(6) / 6, "same")
    soundfile.write("whole.wav", sound, rate)
    for name in ("whole.m4a", "whole.flac"):
        ffmpeg("-i", "whole.wav", name)
        for start in ("3", "3.01", "7.5"):
            cuts = []
            for where, options in (("-ss -i", ("-ss", start, "-i", name)), ("-i -ss", ("-i", name, "-ss", start))):
                said = ffmpeg(*options, "-t", str(SECONDS), "cut.wav")
                assert said == "", said
                cut = soundfile.read("cut.wav")[0]
                late = 1000 * (find(cut, sound) / rate - float(start))
                cuts.append(f"{where} {late:2.0f} ms late, {len(cut) / rate:.3f} s long")
            print(f"{rate // 1000} kHz {name[6:]:>4}, from {start + ' s:':<7}", "; ".join(cuts))
END
