#include "fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/sys.h"
#include "base/utf8.h"
#include "support/faults.h"
#include "support/tempdir.h"

static bool with_faults_now;

/* ---- Running ---- */

/* Files in memory: there is no disk to wait for. */
static int skip_sync(int fd) {
    (void)fd;
    return 0;
}

/* A mapped file ends with its page, a block of the heap with its last byte, and sanitizers see who reads on. */
static void *refuse_map(int fd, size_t bytes) {
    (void)fd;
    (void)bytes;
    errno = ENODEV;
    return NULL;
}

static void plan_faults(const uint8_t *data, size_t size) {
    uint64_t drawn = oss_hash(data, size);
    uint64_t most = drawn >> 32 & 1 ? 16 : 256;
    int64_t nth = 1 + (int64_t)((drawn & 0xffff) % most);
    if (drawn >> 33 & 1) {
        oss_faults_fail(OSS_CALL_ANY_HEAP, nth, ENOMEM);
    } else {
        oss_faults_fail_from(OSS_CALL_ANY_HEAP, nth, ENOMEM);
    }
}

void oss_fuzz_run(const oss_fuzz_target *target, const uint8_t *data, size_t size, bool with_faults) {
    static const oss_fuzz_target *prepared;
    if (prepared != target && target->prepare != NULL) {
        target->prepare();
    }
    prepared = target;
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, data, size);
    oss_faults_install();
    oss_file.fsync = skip_sync;
    oss_file.map = refuse_map;
    with_faults_now = with_faults;
    if (with_faults) {
        plan_faults(data, size);
    }
    target->run(copy, size);
    (void)oss_faults_clear();
    ck_assert_msg(oss_faults_blocks() == 0, "%s: %d blocks of memory are left", target->name,
                  (int)oss_faults_blocks());
    oss_faults_remove();
    free(copy);
}

/* ---- For targets ---- */

bool oss_fuzz_has_faults(void) {
    return with_faults_now;
}

bool oss_fuzz_ok(oss_status status) {
    if (status == OSS_OK) {
        return true;
    }
    const char *message = oss_last_error();
    bool is_asked = with_faults_now && status == OSS_ENOMEM;
    ck_assert_msg(status == OSS_EINPUT || status == OSS_EUSAGE || status == OSS_ENUMERIC || is_asked,
                  "%s: %s", oss_status_name(status), message);
    ck_assert_msg(message[0] != '\0', "%s without a message", oss_status_name(status));
    ck_assert(oss_utf8_valid_length(message, strlen(message)) == strlen(message));
    for (const char *at = message; *at != '\0'; at++) {
        ck_assert_msg((unsigned char)*at >= 0x20 && *at != 0x7f, "a control character: %s", message);
    }
    return false;
}

const char *oss_fuzz_file(const void *data, size_t size) {
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    ck_assert(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

static char *scratch_folder;

static void remove_scratch(void) {
    oss_tempdir_remove(scratch_folder);
}

const char *oss_fuzz_scratch(void) {
    static char *path;
    if (path == NULL) {
        scratch_folder = oss_tempdir_make();
        path = oss_tempdir_path(scratch_folder, "written");
        ck_assert_int_eq(atexit(remove_scratch), 0);
    }
    (void)unlink(path);
    return path;
}

char *oss_fuzz_text(const void *data, size_t size) {
    char *text = malloc(size + 1);
    ck_assert_ptr_nonnull(text);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

void oss_fuzz_read_all(const void *data, size_t size) {
    static volatile uint64_t sum;
    sum = size == 0 ? 0 : oss_hash(data, size);
    (void)sum;
}

uint8_t oss_fuzz_u8(oss_fuzz_bytes *bytes) {
    if (bytes->left == 0) {
        return 0;
    }
    bytes->left--;
    return *bytes->at++;
}

uint32_t oss_fuzz_u32(oss_fuzz_bytes *bytes) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        value |= (uint32_t)oss_fuzz_u8(bytes) << 8 * i;
    }
    return value;
}

float oss_fuzz_f32(oss_fuzz_bytes *bytes) {
    uint32_t bits = oss_fuzz_u32(bytes);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

uint32_t oss_fuzz_up_to(oss_fuzz_bytes *bytes, uint32_t most) {
    uint32_t value = most < 256 ? oss_fuzz_u8(bytes) : oss_fuzz_u32(bytes);
    return most == UINT32_MAX ? value : value % (most + 1);
}

char *oss_fuzz_line(oss_fuzz_bytes *bytes) {
    const uint8_t *end = bytes->left == 0 ? NULL : memchr(bytes->at, '\n', bytes->left);
    size_t length = end == NULL ? bytes->left : (size_t)(end - bytes->at);
    char *line = oss_fuzz_text(bytes->at, length);
    length += end != NULL;
    bytes->at += length;
    bytes->left -= length;
    return line;
}
