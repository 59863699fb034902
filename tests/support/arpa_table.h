/* A small ARPA file as tables over all n-grams of a few tokens: read by other means than the library's. */
#ifndef OSS_TESTS_ARPA_TABLE_H
#define OSS_TESTS_ARPA_TABLE_H

#include <stdbool.h>

/* Tokens: 0 <unk>, 1 <s>, 2 </s>, then "a", "b", ... */
enum { OSS_TABLE_ORDERS = 4, OSS_TABLE_TOKENS = 8, OSS_TABLE_CELLS = 8 * 8 * 8 * 8 };

/* The n-gram token[0..n) is cell `oss_table_cell(token, n)` of order n: [n - 1][cell]. */
typedef struct oss_arpa_table {
    int order, count[OSS_TABLE_ORDERS];
    bool has[OSS_TABLE_ORDERS][OSS_TABLE_CELLS];
    double p[OSS_TABLE_ORDERS][OSS_TABLE_CELLS], backoff[OSS_TABLE_ORDERS][OSS_TABLE_CELLS];
} oss_arpa_table;

int oss_table_cell(const int *token, int n);
/* The test stops when the file is no ARPA file of such tokens, or lacks a context that it should have. */
void oss_arpa_table_read(oss_arpa_table *table, const char *path);
/* p(token[n - 1] | those before). */
double oss_arpa_table_p(const oss_arpa_table *table, const int *token, int n);

#endif
