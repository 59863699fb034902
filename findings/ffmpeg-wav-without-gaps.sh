#!/bin/sh
# ffmpeg leaves out of a WAV file the time in which a film has no sound: all that follows comes too early.
# Packets of a film say when they are to be heard. Its sound may begin after its picture, and packets may be missing, as in
# recordings of calls and screens; players wait. WAV has no times, and `ffmpeg -i FILM OUT.wav` writes the samples one after the other,
# without silence for the gaps and without a warning. `-af aresample=async=1:first_pts=0` fills them (to a few tens of milliseconds);
# in MPEG-TS it misses the one at the beginning, unless the stream is copied to Matroska first.
# Who meets it: whoever transcribes the sound of a film and shows the subtitles with the film: they run ahead of the speech, more
# after every gap.
# Ossicle has ffmpeg read films with that filter: src/audio/foreign.c, tests/cli/test_other_formats.c.
# Seen 2026-11-29 with ffmpeg 9.0.2; the same with 5.1.9.
. "$(dirname "$0")/common/setup.sh"
install numpy==2.3.5 soundfile==0.14.0 imageio-ffmpeg==0.8.1
expect <<'END'
ffmpeg 9.0.2
mkv : sound 2 s later than the picture: tones of 2.5 s and 4.5 s come at 0.5 s and 2.5 s; with aresample at 2.5 s and 4.5 s
mkv : no sound for a second between:    tones of 0.5 s and 2.5 s come at 0.5 s and 1.5 s; with aresample at 0.5 s and 2.5 s
webm: sound 2 s later than the picture: tones of 2.5 s and 4.5 s come at 0.5 s and 2.5 s; with aresample at 2.5 s and 4.5 s
webm: no sound for a second between:    tones of 0.5 s and 2.5 s come at 0.5 s and 1.5 s; with aresample at 0.5 s and 2.5 s
END
observe <<'END'
import subprocess
import imageio_ffmpeg, numpy, soundfile

RATE = 16000

def ffmpeg(*arguments):
    run = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y", "-loglevel", "warning", *arguments],
                         check=True, capture_output=True, text=True)
    return run.stderr

def tones(film, *options):
    warnings = ffmpeg("-i", film, *options, "-ar", str(RATE), "out.wav")
    assert warnings == "", warnings
    loud = numpy.abs(soundfile.read("out.wav")[0]) > 0.1
    starts = [i for i in numpy.flatnonzero(loud) if not loud[max(0, i - RATE // 10):i].any()]
    return " and ".join(f"{start / RATE:.1f} s" for start in starts)

sound = numpy.zeros(3 * RATE)
for start in (RATE // 2, 5 * RATE // 2):
    sound[start:start + RATE // 5] = 0.4 * numpy.sin(2 * numpy.pi * 440 * numpy.arange(RATE // 5) / RATE)
soundfile.write("sound.wav", sound, RATE)
print("ffmpeg", imageio_ffmpeg.get_ffmpeg_version().strip("n").split("-")[0])
picture = ("-f", "lavfi", "-i", "color=size=64x64:rate=10:duration=6")
for container, codecs in (("mkv", ("-c:v", "mpeg4", "-c:a", "aac")), ("webm", ("-c:v", "libvpx", "-c:a", "libopus"))):
    film = "film." + container
    ffmpeg(*picture, "-itsoffset", "2", "-i", "sound.wav", *codecs, film)
    for name, times in (("sound 2 s later than the picture:", "2.5 s and 4.5 s"),
                        ("no sound for a second between:   ", "0.5 s and 2.5 s")):
        if "between" in name:
            ffmpeg(*picture, "-i", "sound.wav", *codecs, "-af", "aselect=lt(t\\,1)+gte(t\\,2)", film)
        print(f"{container:<4}: {name} tones of {times} come at {tones(film)};",
              f"with aresample at {tones(film, '-af', 'aresample=async=1:first_pts=0')}")
END
