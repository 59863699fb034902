#include "support/kneser_ney.h"

#include <string.h>

enum { T = OSS_TABLE_TOKENS, BEGIN = 1 };

static int order;
static const int *cut;
static double raw[OSS_TABLE_ORDERS][OSS_TABLE_CELLS], adjusted[OSS_TABLE_ORDERS][OSS_TABLE_CELLS];
static double discount[OSS_TABLE_ORDERS][3];

int oss_kn_power(int n) {
    return n == 0 ? 1 : T * oss_kn_power(n - 1);
}

static void count_raw(const oss_kn_text *text) {
    memset(raw, 0, sizeof raw);
    for (int i = 0; i < text->sentences; i++) {
        for (int k = 1; k < text->length[i]; k++) {
            for (int n = 1; n <= order && n <= k + 1; n++) {
                raw[n - 1][oss_table_cell(&text->token[i][k + 1 - n], n)]++;
            }
        }
    }
}

static void count_adjusted(void) {
    for (int n = 1; n <= order; n++) {
        for (int cell = 0; cell < oss_kn_power(n); cell++) {
            bool is_first = cell / oss_kn_power(n - 1) == BEGIN;
            adjusted[n - 1][cell] = n == order || is_first ? raw[n - 1][cell] : 0.0;
            for (int v = 0; v < T && n < order && !is_first; v++) {
                adjusted[n - 1][cell] += raw[n][v * oss_kn_power(n) + cell] > 0.0;
            }
        }
    }
}

static void find_discounts(void) {
    for (int n = 0; n < order; n++) {
        double of[5] = {0};
        for (int cell = 0; cell < oss_kn_power(n + 1); cell++) {
            if (adjusted[n][cell] >= 1.0 && adjusted[n][cell] <= 4.0) {
                of[(int)adjusted[n][cell]]++;
            }
        }
        double y = of[1] / (of[1] + 2.0 * of[2]);
        bool is_good = true;
        for (int k = 1; k <= 3; k++) {
            discount[n][k - 1] = k - (k + 1) * y * of[k + 1] / of[k];
            is_good = is_good && of[k] > 0.0 && discount[n][k - 1] > 0.0 && discount[n][k - 1] <= k;
        }
        for (int k = 0; k < 3 && !is_good; k++) {
            discount[n][k] = 0.5 * (k + 1);
        }
    }
}

void oss_kn_count(const oss_kn_text *text, int of_order, const int *cutoffs) {
    order = of_order;
    cut = cutoffs;
    count_raw(text);
    count_adjusted();
    find_discounts();
}

static double discount_of(int n, double count) {
    return discount[n - 1][count > 2.5 ? 2 : (int)count - 1];
}

double oss_kn_p(const int *token, int n, int tokens) {
    if (n == 0) {
        return 1.0 / tokens;
    }
    double total = 0.0, left = 0.0, own = 0.0;
    int context = oss_table_cell(token, n - 1) * T;
    for (int w = 0; w < T; w++) {
        double count = adjusted[n - 1][context + w];
        bool is_cut = n > 1 && raw[n - 1][context + w] <= cut[n - 1];
        total += count;
        if (count > 0.0) {
            left += is_cut ? count : discount_of(n, count);
            own = w == token[n - 1] && !is_cut ? count - discount_of(n, count) : own;
        }
    }
    double lower = oss_kn_p(token + 1, n - 1, tokens);
    return total > 0.0 ? own / total + left / total * lower : lower;
}

double oss_kn_raw(int n, int cell) {
    return raw[n - 1][cell];
}

double oss_kn_discount(int n, int count) {
    return discount[n - 1][count - 1];
}
