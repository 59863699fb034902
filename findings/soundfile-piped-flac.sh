#!/bin/sh
# soundfile cannot read a FLAC to its end that an encoder wrote into a pipe: it is said to have 2^63 - 1 frames.
# FLAC has its length in the header; 0 there means "unknown" (RFC 9639, section 8.2), and is what `ffmpeg -f flac - > OUT.flac` leaves,
# for it cannot go back. libsndfile then announces the largest number there is. soundfile's `read()` wants memory for all of them, and
# with a number of frames or by blocks it fails too, where it seeks to behind what it read; only a piece with an end before that of the
# file is read. ffmpeg and players take such files as any.
# Who meets it: whoever has a program decode films and keeps its output as FLAC, or records a stream: training and checks in Python stop.
# Ossicle reads as far as there are frames: src/audio/decoder.c, test_flac_that_promises_too_much in tests/audio/test_audio_file.c.
# Seen 2026-11-29 with soundfile 0.14.0 (libsndfile 1.2.2); the same with 0.12.1 (1.2.0).
. "$(dirname "$0")/common/setup.sh"
install numpy==2.3.5 soundfile==0.14.0 imageio-ffmpeg==0.8.1
expect <<'END'
file.flac: 64000 frames announced
  read(): 64000 frames
  read(frames=1000000): 64000 frames
  blocks(blocksize=16000): 64000 frames
  read(start=16000, stop=32000): 16000 frames
pipe.flac: 9223372036854775807 frames announced
  read(): ValueError
  read(frames=1000000): LibsndfileError
  blocks(blocksize=16000): LibsndfileError
  read(start=16000, stop=32000): 16000 frames
ffmpeg reads 64000 frames of pipe.flac
END
observe <<'END'
import subprocess
import imageio_ffmpeg, numpy, soundfile

def outcome(read):
    try:
        return f"{read()} frames"
    except Exception as error:
        return f"{type(error).__name__}"

soundfile.write("in.wav", 0.1 * numpy.random.default_rng(1).standard_normal(4 * 16000), 16000)
command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-i", "in.wav"]
subprocess.run([*command, "file.flac"], check=True)
with open("pipe.flac", "wb") as out:
    process = subprocess.Popen([*command, "-f", "flac", "-"], stdout=subprocess.PIPE)
    out.write(process.stdout.read())
    assert process.wait() == 0
for name in ("file.flac", "pipe.flac"):
    print(f"{name}: {soundfile.info(name).frames} frames announced")
    print("  read():", outcome(lambda: len(soundfile.read(name)[0])))
    print("  read(frames=1000000):", outcome(lambda: len(soundfile.read(name, frames=1000000)[0])))
    print("  blocks(blocksize=16000):", outcome(lambda: sum(map(len, soundfile.blocks(name, blocksize=16000)))))
    print("  read(start=16000, stop=32000):", outcome(lambda: len(soundfile.read(name, start=16000, stop=32000)[0])))
subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-i", "pipe.flac", "out.wav"], check=True)
print("ffmpeg reads", soundfile.info("out.wav").frames, "frames of pipe.flac")
END
