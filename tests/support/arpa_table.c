#include "support/arpa_table.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/tempdir.h"

int oss_table_cell(const int *token, int n) {
    int cell = 0;
    for (int i = 0; i < n; i++) {
        cell = cell * OSS_TABLE_TOKENS + token[i];
    }
    return cell;
}

static int read_token(const char *text) {
    static const char *const special[] = {"<unk>", "<s>", "</s>"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, special[i]) == 0) {
            return i;
        }
    }
    ck_assert_msg(strlen(text) == 1 && *text >= 'a' && *text < 'a' + OSS_TABLE_TOKENS - 3, "a token: %s", text);
    return 3 + *text - 'a';
}

static void read_ngram(oss_arpa_table *table, int n, char *line) {
    char *rest = NULL, *p = strtok_r(line, "\t", &rest), *words = strtok_r(NULL, "\t", &rest);
    char *backoff = strtok_r(NULL, "\t", &rest), *inner = NULL;
    int token[OSS_TABLE_ORDERS], tokens = 0;
    ck_assert(p != NULL && words != NULL);
    for (char *word = strtok_r(words, " ", &inner); word != NULL; word = strtok_r(NULL, " ", &inner)) {
        ck_assert_int_lt(tokens, OSS_TABLE_ORDERS);
        token[tokens++] = read_token(word);
    }
    ck_assert_int_eq(tokens, n);
    int cell = oss_table_cell(token, n);
    ck_assert(!table->has[n - 1][cell]);
    ck_assert(n == 1 || table->has[n - 2][oss_table_cell(token, n - 1)]); /* the context */
    ck_assert_double_le(atof(p), 0.0);
    table->has[n - 1][cell] = true;
    table->p[n - 1][cell] = pow(10.0, atof(p));
    table->backoff[n - 1][cell] = backoff == NULL ? 1.0 : pow(10.0, atof(backoff));
    table->count[n - 1]--;
}

void oss_arpa_table_read(oss_arpa_table *table, const char *path) {
    char *text = oss_tempdir_read(path, NULL), *rest = NULL;
    int n = 0, count, said[OSS_TABLE_ORDERS];
    ck_assert_ptr_nonnull(text);
    *table = (oss_arpa_table){0};
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        int order;
        if (sscanf(line, "ngram %d=%d", &order, &count) == 2) {
            table->order = order;
            table->count[order - 1] = said[order - 1] = count;
        } else if (*line != '\\') {
            read_ngram(table, n, line);
        } else if (sscanf(line, "\\%d-grams:", &n) != 1) {
            ck_assert(strcmp(line, "\\data\\") == 0 || strcmp(line, "\\end\\") == 0);
        }
    }
    for (int i = 0; i < table->order; i++) {
        ck_assert_int_eq(table->count[i], 0); /* as many as were promised */
        table->count[i] = said[i];
    }
    free(text);
}

double oss_arpa_table_p(const oss_arpa_table *table, const int *token, int n) {
    if (n > table->order) {
        return oss_arpa_table_p(table, token + 1, n - 1);
    }
    int cell = oss_table_cell(token, n);
    if (n == 1 || table->has[n - 1][cell]) {
        return table->p[n - 1][cell];
    }
    int context = oss_table_cell(token, n - 1);
    double backoff = table->has[n - 2][context] ? table->backoff[n - 2][context] : 1.0;
    return backoff * oss_arpa_table_p(table, token + 1, n - 1);
}
