#!/bin/sh
# libsndfile forgets why a file could not be opened as soon as another one is opened, in any thread, well or not.
# sf_open returns NULL, and the reason is asked for with sf_strerror(NULL); the header says so and nothing of threads. The reason lies
# in one place for the whole process, and each sf_open begins by clearing it: between the two calls of one thread another thread's
# success makes "No Error." of it, and another thread's failure its own reason. What is asked of an open file is its own.
# Who meets it: whoever opens recordings on several threads (loaders of training data, a pool of recognizers) and has some that are
# damaged: the log says "No Error", or blames one file for what ails the next.
# Ossicle lets no other file be opened while it asks: src/audio/decoder.c, tests/audio/test_decoder_threads.c.
# Seen 2026-11-29 with libsndfile 1.2.2; the same with 1.2.0 (soundfile 0.12.1).
. "$(dirname "$0")/common/setup.sh"
install numpy==2.3.5 soundfile==0.14.0
expect <<'END'
libsndfile 1.2.2
bad.wav is not opened: 'Format not recognised.'
and then good.wav is:  'No Error.'
bad.wav is not opened: 'Format not recognised.'
and then cut.wav not:  "Error in WAV file. No 'data' chunk marker."
END
observe <<'END'
import numpy, soundfile
from soundfile import _ffi as ffi, _snd as libsndfile

def opens(path):
    file = libsndfile.sf_open(path.encode(), libsndfile.SFM_READ, ffi.new("SF_INFO *"))
    if file == ffi.NULL:
        return False
    libsndfile.sf_close(file)
    return True

def reason():
    return repr(ffi.string(libsndfile.sf_error_number(libsndfile.sf_error(ffi.NULL))).decode())

print("libsndfile", soundfile.__libsndfile_version__)
soundfile.write("good.wav", numpy.zeros(100), 16000)
with open("good.wav", "rb") as file, open("cut.wav", "wb") as cut, open("bad.wav", "wb") as bad:
    cut.write(file.read()[:36])
    bad.write(b"no sound at all, but a text that was given the wrong name\n")
for other, what in (("good.wav", "and then good.wav is: "), ("cut.wav", "and then cut.wav not: ")):
    assert not opens("bad.wav")
    print("bad.wav is not opened:", reason())
    assert not opens("bad.wav")
    assert opens(other) == (other == "good.wav")
    print(what, reason())
END
