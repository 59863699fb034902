/* The writer. The header is made first, the sum of all bytes is taken, its digits are put in, all is written. */
#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/round.h"
#include "base/strbuf.h"
#include "model/safetensors.h"
#include "model/sum.h"

enum { LENGTH_BYTES = 8, ALIGNMENT_BYTES = 64 };
static const char metadata_key[] = "__metadata__";
static const char sum_key[] = "ossicle_sum";

static const char *get_dtype(const oss_st_item *item) {
    return item->dtype == NULL ? "F32" : item->dtype;
}

static size_t count_bytes(const oss_st_item *item) {
    size_t bytes = oss_safetensors_dtype_bytes(get_dtype(item));
    for (int32_t i = 0; i < item->rank; i++) {
        bytes *= (size_t)item->dim[i];
    }
    return bytes;
}

static oss_status check_item(const oss_st_item *item, const char *path) {
    if (strcmp(get_dtype(item), "F32") != 0) {
        return OSS_OK;
    }
    const float *value = item->data;
    size_t count = count_bytes(item) / sizeof *value;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(value[i])) {
            return oss_fail(OSS_ENUMERIC, "cannot write %s: tensor \"%s\": element %zu is %s", path,
                            item->name, i, isnan(value[i]) ? "not a number" : "infinite");
        }
    }
    return OSS_OK;
}

static void add_tensor(oss_json *header, const oss_st_item *item, size_t begin, size_t end) {
    oss_json *entry = oss_json_add_object(header, item->name);
    oss_json_add_string(entry, "dtype", get_dtype(item));
    oss_json *shape = oss_json_add_array(entry, "shape");
    for (int32_t i = 0; i < item->rank; i++) {
        oss_json_add_integer(shape, NULL, item->dim[i]);
    }
    oss_json *offsets = oss_json_add_array(entry, "data_offsets");
    oss_json_add_integer(offsets, NULL, (int64_t)begin);
    oss_json_add_integer(offsets, NULL, (int64_t)end);
}

/* One line of JSON, with zeros for the sum. */
static oss_status print_header(char **out, const oss_st_item *item, int32_t items, const oss_st_meta *meta,
                               int32_t metas) {
    oss_json *header = oss_json_object();
    oss_json *metadata = oss_json_add_object(header, metadata_key);
    for (int32_t i = 0; i < metas; i++) {
        oss_json_add_string(metadata, meta[i].key, meta[i].value);
    }
    oss_json_add_string(metadata, sum_key, "0000000000000000");
    size_t end = 0;
    for (int32_t i = 0; i < items; i++) {
        size_t begin = end;
        end += count_bytes(&item[i]);
        add_tensor(header, &item[i], begin, end);
    }
    oss_status status = oss_json_print(out, header, OSS_JSON_LINE);
    oss_json_free(header);
    return status;
}

/* Length, JSON, spaces up to a multiple of 64 bytes: all that stands before the data. */
static oss_status make_head(oss_strbuf *head, const oss_st_item *item, int32_t items, const oss_st_meta *meta,
                            int32_t metas) {
    char *json = NULL;
    oss_status status = print_header(&json, item, items, meta, metas);
    if (status != OSS_OK) {
        return status;
    }
    size_t length = strlen(json);
    size_t padding = oss_round_up(LENGTH_BYTES + length, ALIGNMENT_BYTES) - (LENGTH_BYTES + length);
    unsigned char prefix[LENGTH_BYTES];
    for (int i = 0; i < LENGTH_BYTES; i++) {
        prefix[i] = (unsigned char)((uint64_t)(length + padding) >> (8 * i));
    }
    oss_strbuf_append_bytes(head, prefix, sizeof prefix);
    oss_strbuf_append_bytes(head, json, length);
    for (size_t i = 0; i < padding; i++) {
        oss_strbuf_append(head, " ");
    }
    oss_free(json);
    return oss_strbuf_ok(head) ? OSS_OK : OSS_ENOMEM;
}

static oss_status put_sum(oss_strbuf *head, const oss_sum_part *part, size_t parts,
                          char out_sum[OSS_SUM_DIGITS + 1]) {
    const char *const keys[] = {metadata_key, sum_key};
    size_t at = 0;
    if (!oss_sum_find(&at, head->data + LENGTH_BYTES, head->length - LENGTH_BYTES, keys, 2)) {
        return oss_fail(OSS_EBUG, "a safetensors header was made without a place for its sum");
    }
    oss_status status = oss_sum_digest(out_sum, head->data, head->length, LENGTH_BYTES + at, part, parts);
    if (status == OSS_OK) {
        memcpy(head->data + LENGTH_BYTES + at, out_sum, OSS_SUM_DIGITS);
    }
    return status;
}

static oss_status write_parts(const char *path, const oss_strbuf *head, const oss_sum_part *part,
                              size_t parts) {
    oss_writer writer = {0};
    oss_status status = oss_writer_open(&writer, path);
    if (status != OSS_OK) {
        return status;
    }
    oss_writer_put(&writer, head->data, head->length);
    for (size_t i = 0; i < parts; i++) {
        oss_writer_put(&writer, part[i].data, part[i].bytes);
    }
    return oss_writer_commit(&writer);
}

oss_status oss_safetensors_save(const char *path, const oss_st_item *item, int32_t items,
                                const oss_st_meta *meta, int32_t metas, char out_sum[17]) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < items && status == OSS_OK; i++) {
        status = check_item(&item[i], path);
    }
    if (status != OSS_OK) {
        return status;
    }
    oss_strbuf head = {0};
    oss_sum_part *part = oss_alloc((size_t)items, sizeof *part);
    if (part == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < items; i++) {
        part[i] = (oss_sum_part){item[i].data, count_bytes(&item[i])};
    }
    char sum[OSS_SUM_DIGITS + 1];
    status = make_head(&head, item, items, meta, metas);
    if (status == OSS_OK) {
        status = put_sum(&head, part, (size_t)items, sum);
    }
    if (status == OSS_OK) {
        status = write_parts(path, &head, part, (size_t)items);
    }
    if (status == OSS_OK && out_sum != NULL) {
        memcpy(out_sum, sum, sizeof sum);
    }
    oss_strbuf_deinit(&head);
    oss_free(part);
    return status;
}
