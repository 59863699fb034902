#!/bin/sh
# The same MP3 or AAC is 64 to 69 ms late when it went through a pipe or into another container: everything in it.
# Encoders begin with samples of their own (LAME 1105, ffmpeg's AAC 1024, Apple's 2112), and how many is in no frame of the sound: an MP3
# has it in its LAME header, which ffmpeg writes last and so not into a pipe; MP4 in an edit list, which a fragmented one may lack; `.aac`,
# MPEG-TS, FLV and AVI nowhere. Readers of files without it play those samples, so that times of words are late by them: at 16 kHz by 64
# to 132 ms, at 48 kHz by a third of that. `-c copy`, which changes no sound, takes it away, and nothing brings it back.
# Who meets it: whoever times a transcript on one form of a recording and shows, cuts or scores it on another; whoever has a program hand
# on MP3 or AAC through a pipe, as web services do.
# Ossicle cannot know it either, hears what libsndfile and ffmpeg hear, and says so: docs/inference.md (Any recording),
# test_mp3_without_its_delay in tests/audio/test_codecs.c.
# Seen 2026-11-29 with ffmpeg 9.0.2 and libsndfile 1.2.2; 7.0.2 has it for AAC in Matroska too.
. "$(dirname "$0")/common/setup.sh"
install numpy==2.3.5 soundfile==0.14.0 imageio-ffmpeg==0.8.1
expect <<'END'
ffmpeg 9.0.2 libsndfile 1.2.2
file.mp3, written to a file:                        samples late by ffmpeg 0, libsndfile 0
pipe.mp3, written to a pipe:                        samples late by ffmpeg 1105, libsndfile 1105
file.m4a, AAC:                                      samples late by ffmpeg 0
fragments.m4a, copied from file.m4a:                samples late by ffmpeg 1024
copy.aac, copied from file.m4a:                     samples late by ffmpeg 1024
copy.ts, copied from file.m4a:                      samples late by ffmpeg 1024
copy.flv, copied from file.m4a:                     samples late by ffmpeg 1024
back.m4a, copied from copy.aac:                     samples late by ffmpeg 1024
END
observe <<'END'
import subprocess
import imageio_ffmpeg, numpy, soundfile

RATE = 16000

def ffmpeg(*arguments, out=None):
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y", "-loglevel", "error", *arguments], check=True, stdout=out)

def late(heard):
    """By how many samples `heard` is the sound come late."""
    size = 1 << 18
    likeness = numpy.fft.irfft(numpy.fft.rfft(heard, size) * numpy.conj(numpy.fft.rfft(sound, size)), size)
    return int(likeness.argmax())

def report(name, what):
    ffmpeg("-i", name, "out.wav")
    by = f"ffmpeg {late(soundfile.read('out.wav')[0])}"
    if name.endswith("mp3"):
        by += f", libsndfile {late(soundfile.read(name)[0])}"
    print(f"{name + ', ' + what + ':':<52}samples late by {by}")

print("ffmpeg", imageio_ffmpeg.get_ffmpeg_version().strip("n").split("-")[0], "libsndfile", soundfile.__libsndfile_version__)
sound = 0.2 * numpy.convolve(numpy.random.default_rng(1).standard_normal(4 * RATE), numpy.ones(6) / 6, "same")
soundfile.write("in.wav", sound, RATE)
ffmpeg("-i", "in.wav", "file.mp3")
report("file.mp3", "written to a file")
with open("pipe.mp3", "wb") as out:
    process = subprocess.Popen([imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-i", "in.wav", "-f", "mp3", "-"],
                               stdout=subprocess.PIPE)
    out.write(process.stdout.read())
    assert process.wait() == 0
report("pipe.mp3", "written to a pipe")
ffmpeg("-i", "in.wav", "file.m4a")
report("file.m4a", "AAC")
for name, options in (("fragments.m4a", ("-movflags", "frag_keyframe+empty_moov")), ("copy.aac", ()), ("copy.ts", ()), ("copy.flv", ())):
    ffmpeg("-i", "file.m4a", "-c", "copy", *options, name)
    report(name, "copied from file.m4a")
ffmpeg("-i", "copy.aac", "-c", "copy", "back.m4a")
report("back.m4a", "copied from copy.aac")
END
