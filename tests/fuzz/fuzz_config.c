/* Config files and `--set`: what is printed of a config reads back as the same. Behind a zero byte come lines of KEY=VALUE. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz/fuzz.h"
#include "model/config.h"

static void check_printed(const oss_config *config) {
    char *text = oss_config_print(config), *again = NULL, *model = oss_config_print_model(&config->model);
    oss_config *read = NULL;
    if (text != NULL && oss_fuzz_ok(oss_config_parse(&read, text, "printed"))) {
        again = oss_config_print(read);
        ck_assert(again != NULL || oss_fuzz_has_faults());
        ck_assert(again == NULL || strcmp(text, again) == 0);
    } else {
        ck_assert_msg(oss_fuzz_has_faults(), "%s: %s", oss_last_error(), text == NULL ? "not printed" : text);
    }
    oss_config_free(read);
    oss_free(model);
    oss_free(again);
    oss_free(text);
}

static void run(const uint8_t *data, size_t size) {
    const uint8_t *zero = size == 0 ? NULL : memchr(data, 0, size);
    size_t length = zero == NULL ? size : (size_t)(zero - data);
    char *json = oss_fuzz_text(data, length);
    oss_config *config = NULL;
    if (oss_fuzz_ok(oss_config_parse(&config, json, "config"))) {
        oss_fuzz_bytes bytes = {data + length, size - length};
        (void)oss_fuzz_u8(&bytes);
        while (bytes.left > 0) {
            char *line = oss_fuzz_line(&bytes);
            (void)oss_fuzz_ok(oss_config_set(config, line));
            (void)oss_config_may_change_on_resume(line);
            free(line);
        }
        if (oss_fuzz_ok(oss_config_check(config))) {
            check_printed(config);
        }
    }
    oss_config_free(config);
    free(json);
}

static void seeds(void) {
    oss_config *config = NULL;
    char *text = NULL;
    oss_fuzz_seed_text("{}");
    oss_fuzz_seed_text(
        "{\"train_csv\":\"a.csv\",\"d_model\":32,\"n_heads\":2,\"lr\":0.001,\"betas\":[0.9,0.98]}");
    oss_fuzz_seed_text(
        "{\"train_csv\":[{\"csv\":\"a.csv\",\"weight\":2},\"b.csv\"],\"units\":\"bpe\",\"freeze\":[\"stem.*\"]}");
    OSS_FUZZ_SEED("{}\0d_model=64\nlr=1e-3\nmel_norm=none\ntrain_csv=a.csv\noptimizer=muon");
    ck_assert_int_eq(oss_config_create(&config), OSS_OK);
    text = oss_config_print(config);
    oss_fuzz_seed_text(text);
    oss_free(text);
    oss_config_free(config);
}

const oss_fuzz_target oss_target_config = {.name = "config", .run = run, .seeds = seeds};
