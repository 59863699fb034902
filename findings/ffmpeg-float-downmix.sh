#!/bin/sh
# ffmpeg mixes channels to one louder in float than in integers: two by 3 dB, six by 11 dB, and over full scale.
# `-ac 1` divides by the sum of the coefficients where samples are integers, so that channels that are alike stay as they are. Where
# the output is float (`-c:a pcm_f32le`, `-f f32le -`), it does not, whatever the samples of the input are, and says nothing about it.
# `-rematrix_maxval 1` makes float the same.
# Who meets it: whoever has ffmpeg hand the sound of films and calls to a recognizer as float samples: levels and thresholds are off,
# and peaks beyond 1 clip in whatever makes integers of them later.
# Ossicle takes the mean of the channels: src/audio/segment.c, test_channels_are_averaged in tests/audio/test_audio_load.c.
# Seen 2026-11-29 with ffmpeg 9.0.2; the same with 5.1.9.
. "$(dirname "$0")/common/setup.sh"
install numpy==2.3.5 soundfile==0.14.0 imageio-ffmpeg==0.8.1
expect <<'END'
ffmpeg 9.0.2
2 channels alike, peak 0.90: -ac 1 -c:a pcm_s16le: peak 0.90
2 channels alike, peak 0.90: -ac 1 -c:a pcm_f32le: peak 1.27
2 channels alike, peak 0.90: -ac 1 -c:a pcm_f32le -rematrix_maxval 1: peak 0.90
6 channels alike, peak 0.90: -ac 1 -c:a pcm_s16le: peak 0.90
6 channels alike, peak 0.90: -ac 1 -c:a pcm_f32le: peak 3.07
6 channels alike, peak 0.90: -ac 1 -c:a pcm_f32le -rematrix_maxval 1: peak 0.90
END
observe <<'END'
import subprocess
import imageio_ffmpeg, numpy, soundfile

RATE = 16000

print("ffmpeg", imageio_ffmpeg.get_ffmpeg_version().strip("n").split("-")[0])
tone = 0.9 * numpy.sin(2 * numpy.pi * 400 * numpy.arange(RATE) / RATE)
for channels in (2, 6):
    soundfile.write("in.wav", numpy.stack([tone] * channels, axis=1), RATE, subtype="PCM_16", format="WAVEX")
    for options in ("-c:a pcm_s16le", "-c:a pcm_f32le", "-c:a pcm_f32le -rematrix_maxval 1"):
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y", "-loglevel", "error", "-i", "in.wav", "-ac", "1",
                        *options.split(), "out.wav"], check=True)
        peak = soundfile.read("out.wav")[0].max()
        print(f"{channels} channels alike, peak {tone.max():.2f}: -ac 1 {options}: peak {peak:.2f}")
END
