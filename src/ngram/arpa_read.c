#include "ngram/arpa_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "base/utf8.h"
#include "ngram/arpa_lines.h"
#include "ngram/arpa_model.h"
#include "ngram/ngram_image.h"

enum {
    MAX_FIELDS = OSS_NGRAM_ORDER_MAX + 2,
    PLAIN_DIGITS = 15,
    MOST_HEAD_BYTES = 1 << 19,  /* what may stand before \data\ */
    MOST_EMPTY_LINES = 1 << 12, /* one after another */
    MOST_REST_MIB = 64          /* that is read behind \end\ */
};
#define MOST_BACKOFF                                                                                         \
    100.0 /* of the magnitude of a logarithm to base 10; below it is as 0, above it nonsense */
#define ROUNDED_LOG10 0.001 /* a probability of 1 may come out this much too large */

typedef struct reader {
    oss_arpa_lines lines;
    char *line;                               /* NULL: the file has ended */
    int64_t header_line[OSS_NGRAM_ORDER_MAX]; /* of `ngram N=COUNT` */
    int64_t declared[OSS_NGRAM_ORDER_MAX];
    oss_arpa_model model;
} reader;

static oss_status refuse(const reader *r, const char *what) {
    return oss_fail(OSS_EINPUT, "%s:%lld: %s", r->model.name, (long long)r->lines.number, what);
}

/* ---- Lines and fields ---- */

/* Without blanks at its ends. */
static void trim(char **line) {
    char *begin = *line + strspn(*line, " \t"), *end = begin + strlen(begin);
    while (end > begin && strchr(" \t\r", end[-1]) != NULL) {
        end--;
    }
    *end = '\0';
    *line = begin;
}

/* The next line that is not empty. */
static oss_status next_line(reader *r) {
    oss_status status = OSS_OK;
    const int64_t before = r->lines.number;
    do {
        if (r->lines.number - before > MOST_EMPTY_LINES) {
            return refuse(r, "nothing but empty lines: no ARPA file");
        }
        status = oss_arpa_lines_next(&r->lines, &r->line);
        if (status == OSS_OK && r->line != NULL) {
            trim(&r->line);
        }
    } while (status == OSS_OK && r->line != NULL && r->line[0] == '\0');
    return status;
}

/* Fields between blanks, at most MAX_FIELDS + 1 of them, which says: too many. */
static int32_t split(char *line, char *field[MAX_FIELDS + 1]) {
    int32_t fields = 0;
    while (*line != '\0' && fields <= MAX_FIELDS) {
        field[fields++] = line;
        line += strcspn(line, " \t");
        if (*line != '\0') {
            *line++ = '\0';
            line += strspn(line, " \t");
        }
    }
    return fields;
}

/* ---- Numbers ---- */

/* Digits with a point or without, few enough to be a quotient of two exact numbers, which rounds as it should. */
static bool parse_plain(const char *text, double *out) {
    static const double power[PLAIN_DIGITS + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const bool negative = *text == '-';
    int64_t digits = 0;
    int32_t count = 0, behind = 0;
    bool point = false;
    for (text += negative; *text != '\0'; text++) {
        if (*text == '.' && !point) {
            point = true;
        } else if (*text >= '0' && *text <= '9' && count < PLAIN_DIGITS) {
            digits = digits * 10 + (*text - '0');
            count++;
            behind += point;
        } else {
            return false;
        }
    }
    *out = (negative ? -1.0 : 1.0) * (double)digits / power[behind];
    return count > 0;
}

/* A logarithm to base 10. */
static bool parse_log10(const char *text, double *out) {
    if (oss_same_letters(text, "-inf") || oss_same_letters(text, "-infinity")) {
        *out = -MOST_BACKOFF;
        return true;
    }
    return parse_plain(text, out) || oss_number_parse(text + (*text == '+'), out);
}

static float to_ln(double log10_value) {
    double value = log10_value < -MOST_BACKOFF ? -MOST_BACKOFF : log10_value;
    float ln = (float)(value * OSS_NGRAM_LN10);
    return ln < OSS_NGRAM_LN_FLOOR ? OSS_NGRAM_LN_FLOOR : ln;
}

/* ---- The head ---- */

static oss_status find_head(reader *r) {
    static const char mark[] = "\xef\xbb\xbf";
    const int64_t most_bytes = r->lines.most_bytes;
    r->lines.most_bytes = MOST_HEAD_BYTES;
    r->lines.too_much =
        "neither a language model of ours nor an ARPA file: no line \\data\\ in its first 512 KiB";
    oss_status status = next_line(r);
    while (status == OSS_OK && r->line != NULL) {
        char *line = r->line;
        if (r->lines.number == 1 && strncmp(line, mark, strlen(mark)) == 0) {
            line += strlen(mark);
        }
        if (strcmp(line, "\\data\\") == 0) {
            r->lines.most_bytes = most_bytes;
            r->lines.too_much = "compressed more than any language model is: it was made to fill memory";
            return OSS_OK;
        }
        status = next_line(r);
    }
    return status == OSS_OK
               ? oss_fail(OSS_EINPUT,
                          "%s: neither a language model of ours nor an ARPA file: no line \\data\\",
                          r->model.name)
               : status;
}

/* `ngram N=COUNT`, blanks allowed around what is not a word. */
static oss_status read_count(reader *r) {
    char *end = NULL;
    long n = strtol(r->line + strlen("ngram"), &end, 10);
    end += strspn(end, " \t");
    int64_t count = 0;
    if (*end != '=' || !oss_integer_parse(end + 1 + strspn(end + 1, " \t"), &count) || count < 0) {
        return refuse(r, "not a count like `ngram 1=5000`");
    }
    if (n < 1 || n > OSS_NGRAM_ORDER_MAX) {
        return oss_fail(OSS_EINPUT, "%s:%lld: order %ld; orders 1 to %d are read", r->model.name,
                        (long long)r->lines.number, n, (int)OSS_NGRAM_ORDER_MAX);
    }
    if (n != r->model.order + 1) {
        return refuse(r, "the orders do not follow one another from 1 on");
    }
    r->model.order = (int32_t)n;
    r->declared[n - 1] = count;
    r->header_line[n - 1] = r->lines.number;
    return OSS_OK;
}

static oss_status read_head(reader *r) {
    oss_status status = find_head(r);
    if (status == OSS_OK) {
        status = next_line(r);
    }
    while (status == OSS_OK && r->line != NULL && strncmp(r->line, "ngram", 5) == 0) {
        status = read_count(r);
        if (status == OSS_OK) {
            status = next_line(r);
        }
    }
    return status == OSS_OK && r->model.order == 0 ? refuse(r, "no count like `ngram 1=5000` behind \\data\\")
                                                   : status;
}

/* ---- n-grams ---- */

static oss_status read_word(reader *r, int32_t n, const char *text, uint32_t *out) {
    uint32_t word = oss_arpa_words_find(&r->model.words, text);
    if (word == OSS_ARPA_NONE && n > 1) {
        return oss_fail(OSS_EINPUT, "%s:%lld: \"%s\" is not among the n-grams of order 1", r->model.name,
                        (long long)r->lines.number, text);
    }
    if (word == OSS_ARPA_NONE) {
        word = r->model.words.count;
        oss_status status = oss_arpa_words_add(&r->model.words, text);
        if (status != OSS_OK) {
            return status;
        }
    }
    *out = word;
    return OSS_OK;
}

static oss_status read_ngram(reader *r, int32_t n) {
    char *field[MAX_FIELDS + 1];
    uint32_t token[OSS_NGRAM_ORDER_MAX];
    double log10_p = 0.0, log10_backoff = 0.0;
    const int32_t fields = split(r->line, field);
    if (fields != n + 1 && fields != n + 2) {
        return oss_fail(
            OSS_EINPUT,
            "%s:%lld: %d fields; an n-gram of order %d is a logarithm, %d words and at most a back-off",
            r->model.name, (long long)r->lines.number, (int)fields, (int)n, (int)n);
    }
    if (!parse_log10(field[0], &log10_p) || log10_p > ROUNDED_LOG10) {
        return oss_fail(OSS_EINPUT, "%s:%lld: \"%s\" is no logarithm of a probability", r->model.name,
                        (long long)r->lines.number, field[0]);
    }
    if (fields == n + 2 && (!parse_log10(field[n + 1], &log10_backoff) || log10_backoff > MOST_BACKOFF)) {
        return oss_fail(OSS_EINPUT, "%s:%lld: \"%s\" is no logarithm of a back-off", r->model.name,
                        (long long)r->lines.number, field[n + 1]);
    }
    oss_status status = OSS_OK;
    for (int32_t k = 0; k < n && status == OSS_OK; k++) {
        status = read_word(r, n, field[k + 1], &token[k]);
    }
    float ln_p = to_ln(log10_p);
    return status == OSS_OK ? oss_arpa_list_add(&r->model.list[n - 1], n, token, ln_p < 0.0f ? ln_p : 0.0f,
                                                to_ln(log10_backoff), r->lines.number)
                            : status;
}

/* Not at the end of the section: a section may have no end. */
static oss_status refuse_more(const reader *r, int32_t n) {
    return oss_fail(OSS_EINPUT, "%s:%lld: one more n-gram of order %d than the %lld that line %lld says",
                    r->model.name, (long long)r->lines.number, (int)n, (long long)r->declared[n - 1],
                    (long long)r->header_line[n - 1]);
}

static oss_status read_section(reader *r, int32_t n) {
    char title[32];
    (void)oss_format(title, sizeof title, "\\%d-grams:", (int)n);
    if (r->line == NULL || strcmp(r->line, title) != 0) {
        return oss_fail(OSS_EINPUT, "%s:%lld: %s where the line %s should be", r->model.name,
                        (long long)r->lines.number, r->line == NULL ? "the file ends" : "something else",
                        title);
    }
    oss_status status = next_line(r);
    while (status == OSS_OK && r->line != NULL && r->line[0] != '\\') {
        status = r->model.list[n - 1].count < r->declared[n - 1] ? read_ngram(r, n) : refuse_more(r, n);
        if (status == OSS_OK) {
            status = next_line(r);
        }
    }
    /* A word may begin with a backslash, but a line begins with a number. */
    if (status == OSS_OK && r->line == NULL) {
        return refuse(r, "the file ends without the line \\end\\: it was cut off");
    }
    if (status == OSS_OK && r->model.list[n - 1].count != r->declared[n - 1]) {
        return oss_fail(OSS_EINPUT, "%s:%lld: %lld n-grams of order %d, but line %lld says %lld",
                        r->model.name, (long long)r->lines.number, (long long)r->model.list[n - 1].count,
                        (int)n, (long long)r->header_line[n - 1], (long long)r->declared[n - 1]);
    }
    return status;
}

/* What follows the end does not count, but whoever writes the pipe shall come to its end, and its own check of it. */
static oss_status read_rest(reader *r) {
    if (strcmp(r->line, "\\end\\") != 0) {
        return refuse(r, "something else where the line \\end\\ should be");
    }
    oss_status status = OSS_OK;
    size_t got = 1;
    for (int32_t i = 0; i < 16 * MOST_REST_MIB && got > 0 && status == OSS_OK; i++) {
        status = oss_pipe_read(r->lines.pipe, NULL, 1 << 16, &got);
    }
    return status;
}

static oss_status read_all(reader *r) {
    oss_status status = oss_arpa_words_init(&r->model.words);
    if (status == OSS_OK) {
        status = read_head(r);
    }
    for (int32_t n = 1; n <= r->model.order && status == OSS_OK; n++) {
        status = read_section(r, n);
    }
    return status == OSS_OK ? read_rest(r) : status;
}

oss_status oss_arpa_read(oss_ngram **out, oss_pipe *pipe, int64_t most_bytes) {
    reader r = {.model = {.name = pipe->name}};
    oss_arpa_lines_init(&r.lines, pipe);
    r.lines.most_bytes = most_bytes;
    oss_status status = read_all(&r);
    oss_arpa_lines_deinit(&r.lines);
    if (status == OSS_OK) {
        status = oss_arpa_model_pack(out, &r.model);
    }
    oss_arpa_model_deinit(&r.model);
    return status;
}
