#!/bin/sh
# glibc 2.36 does not use a freed block again for an aligned one of the same size: a few buffers take several times their memory.
# posix_memalign and aligned_alloc look for the size, the alignment and a header together, and give back what is left over; the hole
# that free leaves is then too small for the very same call. Three buffers of 4 MiB on 64-byte boundaries, which take turns at being
# freed and allocated, come to 60 MiB and more, where malloc has 12; all of it is touched. (glibc bug 14581; for it OpenCV gave up
# aligned allocation, pull request 15544.) With glibc 2.41 they stay at 16.
# Who meets it: whoever has a recognizer in a program that allocates as vectors want it, on Debian 12: memory climbs with the first
# recordings, and looks like a leak.
# Ossicle takes a large block once and hands out pieces of it again and again: src/base/arena.c, tests/train/test_no_heap.c.
# Seen 2026-11-29.
. "$(dirname "$0")/common/setup.sh"
unpack libc6=2.36-9+deb12u14
python3=$(python -c 'import os, sys; print(os.path.realpath(sys.executable))')
python() {
	"$(echo "$work"/debian/lib/*-linux-gnu/ld-linux-*.so.*)" --library-path "$(echo "$work"/debian/lib/*-linux-gnu)" "$python3" "$@"
}
if ! python -c 'import ctypes'; then
	echo "cannot run: python3 here does not start with glibc 2.36" >&2
	exit 2
fi
expect <<'END'
glibc 2.36
malloc: 3 blocks of 4 MiB are in use; the heap has at most 16 MiB
posix_memalign to 64 bytes: 3 blocks of 4 MiB are in use; the heap has more than 48 MiB
END
observe <<'END'
import ctypes

class Info(ctypes.Structure):  # struct mallinfo2, mallinfo(3)
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]

libc = ctypes.CDLL(None)
libc.gnu_get_libc_version.restype = ctypes.c_char_p
libc.mallinfo2.restype = Info
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.posix_memalign.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
MIB = 1 << 20
BLOCK = 4 * MIB

def heap():
    info = libc.mallinfo2()
    return info.arena + info.hblkhd

def aligned():
    block = ctypes.c_void_p()
    assert libc.posix_memalign(ctypes.byref(block), 64, BLOCK) == 0
    return block.value

print("glibc", libc.gnu_get_libc_version().decode())
for name, allocate in (("malloc", lambda: libc.malloc(BLOCK)), ("posix_memalign to 64 bytes", aligned)):
    before = heap()
    blocks = [allocate() for _ in range(3)]
    for turn in range(300):
        libc.free(blocks[turn % 3])
        blocks[turn % 3] = allocate()
        ctypes.memset(blocks[turn % 3], 1, BLOCK)
    size = heap() - before
    amount = "at most 16 MiB" if size <= 16 * MIB else "more than 48 MiB" if size > 48 * MIB else f"{size / MIB:.0f} MiB"
    print(f"{name}: 3 blocks of 4 MiB are in use; the heap has {amount}")
    for block in blocks:
        libc.free(block)
END
