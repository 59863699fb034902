/* ARPA files: what is read is written, in either form, and read as the same. */

#include "fuzz/ngram_use.h"

static void check_written(const oss_ngram *ngram, bool as_arpa, const uint8_t *data, size_t size) {
    const char *path = oss_fuzz_scratch();
    oss_ngram *again = NULL;
    if (oss_fuzz_ok(as_arpa ? oss_ngram_write_arpa(ngram, path) : oss_ngram_save(ngram, path)) &&
        oss_fuzz_ok(oss_ngram_load(&again, path))) {
        ck_assert(oss_ngram_order(ngram) == oss_ngram_order(again));
        for (int32_t n = 1; n <= oss_ngram_order(ngram); n++) {
            ck_assert_int_eq(oss_ngram_count(ngram, n), oss_ngram_count(again, n));
        }
        oss_fuzz_use_ngram(again, data, size);
    } else {
        ck_assert_msg(oss_fuzz_has_faults(), "%s", oss_last_error());
    }
    oss_ngram_free(again);
}

static void run(const uint8_t *data, size_t size) {
    oss_ngram *ngram = NULL;
    if (size >= 2 && data[0] == 0x1f && data[1] == 0x8b) {
        return; /* would be given to gzip, which is not ours */
    }
    if (oss_fuzz_ok(oss_ngram_load(&ngram, oss_fuzz_file(data, size)))) {
        oss_fuzz_use_ngram(ngram, data, size);
        check_written(ngram, true, data, size);
        check_written(ngram, false, data, size);
        oss_ngram_free(ngram);
    } else {
        ck_assert_ptr_null(ngram);
    }
}

static void seeds(void) {
    oss_fuzz_seed_text(
        "\\data\\\nngram 1=5\nngram 2=2\nngram 3=1\n\\1-grams:\n-1 <s> -0.7\n-1 </s>\n-0.3 a -0.25\n-0.4 b\n"
        "-inf c\n\\2-grams:\n-0.15 <s> a -0.05\n-0.2 a b\n\\3-grams:\n-0.01 <s> a b\n\\end\\\n");
    oss_fuzz_seed_text(
        "\xef\xbb\xbfmade by hand\r\n\r\n\\data\\\r\nngram  1 = 4\r\n\r\n\\1-grams:\r\n-1 <unk>\r\n-99 <s>\r\n-0.5 </s>\r\n"
        "-4e-1\ta\r\n\\end\\");
    oss_fuzz_seed_text(
        "\\data\\\nngram 1=5\nngram 2=1\nngram 3=1\n\\1-grams:\n-1 <s> -0.7\n-1 </s>\n-0.3 a -0.25\n-0.4 b\n-0.5 c\n"
        "\\2-grams:\n-0.15 <s> a -0.05\n\\3-grams:\n-0.01 a b c\n\\end\\\n");
}

const oss_fuzz_target oss_target_arpa = {.name = "arpa", .run = run, .seeds = seeds};
