#include "support/form_readers.h"

#include <check.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- Pieces ---- */

static bool try_take(const char **at, const char *literal) {
    bool there = strncmp(*at, literal, strlen(literal)) == 0;
    *at += there ? strlen(literal) : 0;
    return there;
}

static void take(const char **at, const char *literal) {
    ck_assert_msg(try_take(at, literal), "\"%s\" should stand before \"%.40s\"", literal, *at);
}

/* A number of at least `digits` digits, or, with `exact`, of so many. */
static int64_t take_number(const char **at, int digits, bool exact) {
    char *end = NULL;
    ck_assert_msg(isdigit((unsigned char)**at), "a number should stand before \"%.40s\"", *at);
    long long value = strtoll(*at, &end, 10);
    ck_assert_msg(exact ? end - *at == digits : end - *at >= digits, "not %d digits: \"%.40s\"", digits, *at);
    *at = end;
    return value;
}

/* Up to one of `stops`, which stays. */
static char *take_until(const char **at, const char *stops) {
    size_t length = strcspn(*at, stops);
    char *text = strndup(*at, length);
    *at += length;
    return text;
}

static char *take_cell(const char **at, const char *stop) {
    char *text = take_until(at, " \t\n");
    ck_assert_msg(text[0] != '\0', "a cell is empty before \"%.40s\"", *at);
    take(at, stop);
    return text;
}

static void add(oss_form_items *items, oss_form_item item) {
    items->item = realloc(items->item, (size_t)(items->count + 1) * sizeof *items->item);
    items->item[items->count++] = item;
}

void oss_form_items_free(oss_form_items items) {
    for (int32_t i = 0; i < items.count; i++) {
        free(items.item[i].text);
        free(items.item[i].who);
    }
    free(items.item);
}

/* ---- Subtitles ---- */

static int64_t take_clock(const char **at, const char *point) {
    int64_t hours = take_number(at, 2, false);
    take(at, ":");
    int64_t minutes = take_number(at, 2, true);
    take(at, ":");
    int64_t seconds = take_number(at, 2, true);
    take(at, point);
    int64_t ms = take_number(at, 3, true);
    ck_assert(minutes < 60 && seconds < 60);
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;
}

/* The lines up to an empty one or the end. */
static char *take_lines(const char **at) {
    const char *start = *at;
    while (**at != '\0' && **at != '\n') {
        *at += strcspn(*at, "\n");
        take(at, "\n");
    }
    ck_assert_msg(*at > start + 1, "a cue has no text");
    return strndup(start, (size_t)(*at - start - 1));
}

static oss_form_items read_cues(const char *at, const char *point) {
    oss_form_items items = {0};
    while (*at != '\0') {
        if (items.count > 0) {
            take(&at, "\n");
        }
        ck_assert_int_eq(take_number(&at, 1, false), items.count + 1);
        take(&at, "\n");
        oss_form_item item = {.start_ms = take_clock(&at, point)};
        take(&at, " --> ");
        item.end_ms = take_clock(&at, point);
        take(&at, "\n");
        item.text = take_lines(&at);
        ck_assert_ptr_null(strstr(item.text, "-->"));
        add(&items, item);
    }
    return items;
}

oss_form_items oss_read_srt(const char *text) {
    return read_cues(text, ",");
}

static void decode_entities(char *text) {
    char *to = text;
    const char *at = text;
    while (*at != '\0') {
        ck_assert(*at != '<' && *at != '>');
        if (*at != '&') {
            *to++ = *at++;
        } else {
            *to++ = try_take(&at, "&lt;") ? '<' : try_take(&at, "&gt;") ? '>' : '&';
            if (to[-1] == '&') {
                take(&at, "&amp;");
            }
        }
    }
    *to = '\0';
}

oss_form_items oss_read_vtt(const char *text) {
    take(&text, "WEBVTT\n\n");
    oss_form_items items = read_cues(text, ".");
    for (int32_t i = 0; i < items.count; i++) {
        decode_entities(items.item[i].text);
    }
    return items;
}

oss_form_items oss_read_lrc(const char *at) {
    oss_form_items items = {0};
    while (*at != '\0') {
        oss_form_item item = {0};
        take(&at, "[");
        item.start_ms = take_number(&at, 2, false) * 60000;
        take(&at, ":");
        item.start_ms += take_number(&at, 2, true) * 1000;
        take(&at, ".");
        item.start_ms += take_number(&at, 2, true) * 10;
        take(&at, "]");
        item.end_ms = item.start_ms;
        item.text = take_until(&at, "\n");
        ck_assert(item.text[0] != '\0' && strpbrk(item.text, "[]") == NULL);
        take(&at, "\n");
        add(&items, item);
    }
    return items;
}

/* ---- NIST ---- */

static int64_t take_seconds(const char **at, const char *stop) {
    int64_t ms = take_number(at, 1, false) * 1000;
    take(at, ".");
    ms += take_number(at, 3, true);
    take(at, stop);
    return ms;
}

static void check_words(const char *text) {
    ck_assert_msg(strpbrk(text, "(){}<>;\\") == NULL, "\"%s\" has a character that sclite reads otherwise",
                  text);
    ck_assert(text[0] != ' ' && strstr(text, "  ") == NULL && strcmp(text, "@") != 0);
    for (; *text != '\0'; text++) {
        ck_assert((unsigned char)*text >= 0x20);
    }
}

oss_form_items oss_read_ctm(const char *at) {
    oss_form_items items = {0};
    while (*at != '\0') {
        oss_form_item item = {.who = take_cell(&at, " ")};
        take(&at, "1 ");
        item.start_ms = take_seconds(&at, " ");
        item.end_ms = item.start_ms + take_seconds(&at, " ");
        item.text = take_cell(&at, " ");
        check_words(item.text);
        ck_assert_int_le(take_number(&at, 1, true), 1);
        take(&at, ".");
        (void)take_number(&at, 4, true);
        take(&at, "\n");
        add(&items, item);
    }
    return items;
}

oss_form_items oss_read_stm(const char *at) {
    oss_form_items items = {0};
    while (*at != '\0') {
        oss_form_item item = {.who = take_cell(&at, " ")};
        take(&at, "1 ");
        free(take_cell(&at, " ")); /* speaker */
        item.start_ms = take_seconds(&at, " ");
        item.end_ms = take_seconds(&at, "");
        (void)try_take(&at, " ");
        item.text = take_until(&at, "\n");
        check_words(item.text);
        take(&at, "\n");
        add(&items, item);
    }
    return items;
}

oss_form_items oss_read_trn(const char *at) {
    oss_form_items items = {0};
    while (*at != '\0') {
        oss_form_item item = {0};
        size_t length = strcspn(at, "(");
        ck_assert(length > 0 && at[length - 1] == ' ');
        item.text = strndup(at, length - 1);
        check_words(item.text);
        at += length;
        take(&at, "(");
        item.who = take_until(&at, ")\n");
        take(&at, ")\n");
        add(&items, item);
    }
    return items;
}

/* ---- Tables ---- */

static char *take_tsv_cell(const char **at, const char *stop) {
    char *text = take_until(at, "\t\n");
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        char c = *from;
        if (c == '\\') {
            c = *++from;
            ck_assert(c != '\0' && strchr("tnr\\", c) != NULL);
            c = (char)(c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : '\\');
        }
        *to++ = c;
    }
    *to = '\0';
    take(at, stop);
    return text;
}

oss_form_items oss_read_tsv(const char *at) {
    oss_form_items items = {0};
    take(&at, "start\tend\ttext\tconfidence\tfile\n");
    while (*at != '\0') {
        oss_form_item item = {.start_ms = take_number(&at, 1, false)};
        take(&at, "\t");
        item.end_ms = take_number(&at, 1, false);
        take(&at, "\t");
        item.text = take_tsv_cell(&at, "\t");
        ck_assert_int_le(take_number(&at, 1, true), 1);
        take(&at, ".");
        (void)take_number(&at, 4, true);
        take(&at, "\t");
        item.who = take_tsv_cell(&at, "\n");
        add(&items, item);
    }
    return items;
}

/* ---- TextGrid ---- */

typedef struct grid_reader {
    const char *at;
    bool is_short;
} grid_reader;

/* Whatever stands before a value in the long form. */
static void pass_name(grid_reader *g, const char *name) {
    if (!g->is_short) {
        g->at += strspn(g->at, " ");
        take(&g->at, name);
        take(&g->at, " = ");
    }
}

static void end_value(grid_reader *g) {
    take(&g->at, g->is_short ? "\n" : " \n");
}

static int64_t take_grid_time(grid_reader *g, const char *name) {
    pass_name(g, name);
    int64_t ms = take_number(&g->at, 1, false) * 1000;
    if (try_take(&g->at, ".")) {
        ms += take_number(&g->at, 3, true);
    }
    end_value(g);
    return ms;
}

static char *take_grid_text(grid_reader *g, const char *name) {
    pass_name(g, name);
    take(&g->at, "\"");
    char *text = calloc(strlen(g->at), 1);
    size_t length = 0;
    while (g->at[0] != '"' || g->at[1] == '"') {
        ck_assert(*g->at != '\0' && *g->at != '\n');
        text[length++] = *g->at;
        g->at += *g->at == '"' ? 2 : 1;
    }
    take(&g->at, "\"");
    end_value(g);
    return text;
}

static void pass_line(grid_reader *g, const char *line) {
    if (!g->is_short) {
        g->at += strspn(g->at, " ");
        take(&g->at, line);
    }
}

static oss_form_items read_tier(grid_reader *g, const char *name, int64_t end_ms) {
    oss_form_items items = {0};
    char *class_name = take_grid_text(g, "class"), *tier_name = take_grid_text(g, "name");
    ck_assert_str_eq(class_name, "IntervalTier");
    ck_assert_str_eq(tier_name, name);
    ck_assert_int_eq(take_grid_time(g, "xmin"), 0);
    ck_assert_int_eq(take_grid_time(g, "xmax"), end_ms);
    pass_name(g, "intervals: size");
    int64_t count = take_number(&g->at, 1, false), edge = 0;
    end_value(g);
    for (int64_t i = 0; i < count; i++) {
        pass_line(g, "intervals [");
        ck_assert(g->is_short || take_number(&g->at, 1, false) == i + 1);
        pass_line(g, "]:\n");
        oss_form_item item = {.start_ms = take_grid_time(g, "xmin")};
        item.end_ms = take_grid_time(g, "xmax");
        item.text = take_grid_text(g, "text");
        ck_assert_int_eq(item.start_ms, edge);
        ck_assert_int_gt(item.end_ms, item.start_ms);
        edge = item.end_ms;
        add(&items, item);
        if (item.text[0] == '\0') {
            free(items.item[--items.count].text);
        }
    }
    ck_assert_int_eq(edge, end_ms);
    free(class_name);
    free(tier_name);
    return items;
}

oss_form_items oss_read_textgrid(const char *text, int32_t tier) {
    grid_reader g = {.at = text, .is_short = strstr(text, "<exists>\n") != NULL};
    take(&g.at, "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n");
    ck_assert_int_eq(take_grid_time(&g, "xmin"), 0);
    int64_t end_ms = take_grid_time(&g, "xmax");
    take(&g.at, g.is_short ? "<exists>\n2\n" : "tiers? <exists> \nsize = 2 \nitem []: \n");
    pass_line(&g, "item [1]:\n");
    oss_form_items words = read_tier(&g, "words", end_ms);
    pass_line(&g, "item [2]:\n");
    oss_form_items segments = read_tier(&g, "segments", end_ms);
    ck_assert_str_eq(g.at, "");
    oss_form_items_free(tier == 1 ? segments : words);
    return tier == 1 ? words : segments;
}
