#include "ngram/ngram_file.h"

#include <math.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/source.h"
#include "ngram/ngram_image.h"
#include "ngram/pack.h"

/* ---- Reading ---- */

enum { SMALL_BYTES = 16 << 20 };

bool oss_ngram_file_begins(const char *bytes, size_t count) {
    return count >= sizeof oss_ngram_magic && memcmp(bytes, oss_ngram_magic, sizeof oss_ngram_magic) == 0;
}

/* What a file says is told by the lowest version that can say it, so that programs of before read the others. */
static uint32_t version_of(uint32_t flags) {
    return (flags & OSS_NGRAM_FLAG_PRIOR) != 0 ? 3 : (flags & OSS_NGRAM_FLAG_PENALTY) != 0 ? 2 : 1;
}

static oss_status check_header(const oss_ngram_header *header, const char *name) {
    const uint32_t known = OSS_NGRAM_FLAG_SYMBOLS | OSS_NGRAM_FLAG_TUNED |
                           (header->version >= 2 ? OSS_NGRAM_FLAG_PENALTY : 0u) |
                           (header->version >= 3 ? OSS_NGRAM_FLAG_PRIOR : 0u);
    if (header->version < 1 || header->version > OSS_NGRAM_VERSION) {
        return oss_fail(OSS_EINPUT, "%s: version %u of the language model's form; this Ossicle reads 1 to %d",
                        name, (unsigned)header->version, (int)OSS_NGRAM_VERSION);
    }
    if ((header->flags & ~known) != 0) {
        return oss_fail(OSS_EINPUT, "%s: the flags at offset 36 are %#x, which version %u does not have",
                        name, (unsigned)header->flags, (unsigned)header->version);
    }
    if (header->version != version_of(header->flags)) {
        return oss_fail(OSS_EINPUT,
                        "%s: version %u at offset 8, but what it says needs version %u: copy it again", name,
                        (unsigned)header->version, (unsigned)version_of(header->flags));
    }
    if (header->byte_order != OSS_NGRAM_LITTLE_ENDIAN) {
        return oss_fail(OSS_EINPUT, "%s: the byte order at offset 12 is not little-endian", name);
    }
    return OSS_OK;
}

static bool is_prior_weight(double weight) {
    return isfinite(weight) && weight >= 0.0;
}

/* Numbers that a sum does not vouch for: whoever made the file may have meant harm. */
static oss_status check_numbers(const oss_ngram *ngram, const char *name) {
    for (uint32_t i = 0; i < ngram->header.order * 2 * OSS_NGRAM_BOOK; i++) {
        bool is_p = i / OSS_NGRAM_BOOK % 2 == 0;
        if (!isfinite(ngram->book[i]) || (is_p && ngram->book[i] > 0.0f)) {
            return oss_fail(OSS_EINPUT, "%s: byte %zu: no logarithm of a probability or back-off", name,
                            sizeof(oss_ngram_header) + i * sizeof(float));
        }
    }
    if (!isfinite(ngram->header.lm_weight) || !isfinite(ngram->header.word_bonus)) {
        return oss_fail(OSS_EINPUT, "%s: byte 40: a tuning that is no number", name);
    }
    if ((ngram->header.flags & OSS_NGRAM_FLAG_PENALTY) != 0 && !isfinite(ngram->header.unknown_penalty)) {
        return oss_fail(OSS_EINPUT, "%s: byte 112: a tuning that is no number", name);
    }
    return (ngram->header.flags & OSS_NGRAM_FLAG_PRIOR) == 0 || is_prior_weight(ngram->header.prior_weight)
               ? OSS_OK
               : oss_fail(OSS_EINPUT, "%s: byte 120: a prior_weight that is no number from 0", name);
}

/* *out = the header at the beginning of a file of file_bytes, of which `count` are there. */
static oss_status check_head(oss_ngram_header *out, const void *begin, size_t count, uint64_t file_bytes,
                             const char *name) {
    if (!oss_ngram_file_begins(begin, count)) {
        return oss_fail(OSS_EINPUT,
                        "%s: no language model in our own form; an ARPA file has no room for weights: make "
                        "one of our own of it with ossicle lm convert",
                        name);
    }
    if (count < sizeof *out) {
        return oss_fail(OSS_EINPUT, "%s: cut off: %llu bytes, a header has %zu", name,
                        (unsigned long long)file_bytes, sizeof *out);
    }
    memcpy(out, begin, sizeof *out);
    oss_status status = check_header(out, name);
    if (status == OSS_OK && out->bytes != file_bytes) {
        status = oss_fail(OSS_EINPUT, "%s: %llu bytes, but was written with %llu: copy it again", name,
                          (unsigned long long)file_bytes, (unsigned long long)out->bytes);
    }
    return status;
}

static oss_status check_counts(oss_ngram *ngram, const oss_ngram_header *header, const char *name) {
    return oss_ngram_lay_out(ngram, header) && ngram->bytes == header->bytes
               ? OSS_OK
               : oss_fail(OSS_EINPUT, "%s: the counts from offset 72 on are not those of a file of this size",
                          name);
}

static oss_status check_block(oss_ngram *ngram, void *block, uint64_t bytes, const char *name) {
    oss_ngram_header header;
    oss_status status = check_head(&header, block, (size_t)bytes, bytes, name);
    if (status != OSS_OK) {
        return status;
    }
    if (oss_hash((const char *)block + OSS_NGRAM_SUM_END, (size_t)bytes - OSS_NGRAM_SUM_END) != header.sum) {
        return oss_fail(OSS_EINPUT, "%s: damaged: the sum at offset 16 is not that of what follows", name);
    }
    status = check_counts(ngram, &header, name);
    if (status != OSS_OK) {
        return status;
    }
    oss_ngram_place(ngram, block);
    return check_numbers(ngram, name);
}

/* A large file that is none by its header is not mapped, which may read it; of a small one the sum tells more. */
static oss_status check_large(const char *path) {
    char head[sizeof(oss_ngram_header)];
    oss_ngram_header header;
    oss_ngram ngram;
    oss_source source;
    oss_status status = oss_source_open(&source, path);
    if (status != OSS_OK) {
        return status;
    }
    if (source.size_bytes > SMALL_BYTES) {
        const size_t got = oss_source_read(&source, 0, head, sizeof head);
        status = oss_source_status(&source, path);
        if (status == OSS_OK) {
            status = check_head(&header, head, got, (uint64_t)source.size_bytes, path);
        }
        if (status == OSS_OK) {
            status = check_counts(&ngram, &header, path);
        }
    }
    oss_source_close(&source);
    return status;
}

oss_status oss_ngram_file_load(oss_ngram **out, const char *path) {
    void *block = NULL;
    size_t bytes = 0;
    bool is_mapped = false;
    oss_ngram *ngram = oss_alloc_zero(1, sizeof *ngram);
    if (ngram == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = check_large(path);
    if (status == OSS_OK) {
        status = oss_map_open(&block, &bytes, &is_mapped, path);
    }
    if (status == OSS_OK) {
        status = check_block(ngram, block, bytes, path);
        if (status != OSS_OK) {
            oss_map_close(block, bytes, is_mapped);
        }
    }
    if (status != OSS_OK) {
        oss_free(ngram);
        return status;
    }
    ngram->owners = 1;
    ngram->is_mapped = is_mapped;
    *out = ngram;
    return OSS_OK;
}

/* ---- Writing ---- */

static oss_status write_block(const char *path, oss_ngram_header header, const void *block) {
    const char *bytes = block;
    header.version = version_of(header.flags);
    oss_hasher *hasher = oss_hasher_create();
    if (hasher == NULL) {
        return OSS_ENOMEM;
    }
    oss_hasher_update(hasher, (const char *)&header + OSS_NGRAM_SUM_END, sizeof header - OSS_NGRAM_SUM_END);
    oss_hasher_update(hasher, bytes + sizeof header, (size_t)header.bytes - sizeof header);
    header.sum = oss_hasher_digest(hasher);
    oss_hasher_free(hasher);
    oss_writer writer;
    oss_status status = oss_writer_open(&writer, path);
    if (status == OSS_OK) {
        oss_writer_put(&writer, &header, sizeof header);
        oss_writer_put(&writer, bytes + sizeof header, (size_t)header.bytes - sizeof header);
        status = oss_writer_commit(&writer);
    }
    return status;
}

oss_status oss_ngram_save_as(const oss_ngram *ngram, bool is_of_symbols, const char *path) {
    oss_ngram_header header = ngram->header;
    header.bytes = ngram->bytes;
    header.flags &= ~(uint32_t)OSS_NGRAM_FLAG_SYMBOLS;
    header.flags |= is_of_symbols ? OSS_NGRAM_FLAG_SYMBOLS : 0u;
    return write_block(path, header, ngram->block);
}

oss_status oss_ngram_save(const oss_ngram *ngram, const char *path) {
    return oss_ngram_save_as(ngram, oss_ngram_is_of_symbols(ngram), path);
}

oss_status oss_ngram_save_tuning(const char *path, const oss_ngram_tuning *tuning) {
    oss_ngram *ngram = NULL;
    const double penalty = tuning->has_penalty ? tuning->unknown_penalty : 0.0;
    if (!isfinite(tuning->lm_weight) || !isfinite(tuning->word_bonus) || !isfinite(penalty) ||
        !is_prior_weight(tuning->prior_weight)) {
        return oss_fail(OSS_EUSAGE, "%s: a tuning that is no number", path);
    }
    oss_status status = oss_ngram_file_load(&ngram, path);
    if (status != OSS_OK) {
        return status;
    }
    oss_ngram_header header = ngram->header;
    header.flags &= ~(uint32_t)(OSS_NGRAM_FLAG_TUNED | OSS_NGRAM_FLAG_PENALTY | OSS_NGRAM_FLAG_PRIOR);
    header.flags |= tuning->tuned ? OSS_NGRAM_FLAG_TUNED : 0u;
    header.flags |= tuning->has_penalty ? OSS_NGRAM_FLAG_PENALTY : 0u;
    header.flags |= tuning->prior_weight > 0.0 ? OSS_NGRAM_FLAG_PRIOR : 0u;
    header.lm_weight = tuning->lm_weight;
    header.word_bonus = tuning->word_bonus;
    header.unknown_penalty = penalty;
    header.prior_weight = tuning->prior_weight;
    status = write_block(path, header, ngram->block);
    oss_ngram_free(ngram);
    return status;
}
