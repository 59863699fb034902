#include "cli/transcribe_run.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/ordered.h"
#include "base/strbuf.h"
#include "cli/cli_files.h"
#include "cli/cli_progress.h"
#include "cli/cli_signals.h"
#include "cli/default_model.h"
#include "cli/transcribe_display.h"

enum { LOOK_AHEAD = 128 /* recordings: enough that threads seldom wait for one that is long */ };

/* What became of a recording, until its turn has come. */
typedef struct recording_result {
    oss_status status; /* OSS_ESTOPPED: it was not done, and nobody asks for it any more */
    char *message;     /* of a failure */
    oss_strbuf log;    /* lines */
    char *text;        /* to put; NULL: it was saved, or is there */
    bool cut_off;
} recording_result;

typedef struct transcribe_run {
    const oss_cli_args *args;
    const oss_recording_list *list;
    oss_transcribe_output *output;
    oss_recognizer **recognizer; /* [threads]: one and its siblings */
    const oss_cli_decoding *decoding;
    int32_t threads; /* recordings at a time */
    oss_pool *pool;  /* NULL: one at a time */
    int32_t slots;
    recording_result *result; /* [slots] */
    oss_transcribe_display display;
    oss_cli_progress single; /* of the only recording */
    int32_t done, failed, cut_off;
    bool ended; /* early, by a failure of which `worst` tells */
    int worst;  /* exit code */
} transcribe_run;

/* ---- A recording; several threads at once ---- */

static void clear_result(recording_result *result) {
    oss_free(result->message);
    oss_strbuf_deinit(&result->log);
    oss_string_free(result->text);
    *result = (recording_result){0};
}

/* Messages are kept per thread, and another one may give out the result. */
static void keep_failure(recording_result *result, oss_status status, const char *message) {
    result->status = status;
    result->message = oss_strdup(message);
    if (result->message == NULL) {
        result->status = OSS_ENOMEM;
    }
}

static oss_status transcribe(transcribe_run *run, const oss_recording_item *item, oss_recognizer *recognizer,
                             recording_result *result, double *out_seconds) {
    char *text = NULL;
    oss_status status = oss_cli_name_recording(
        item->path, oss_transcribe_output_make(run->output, item, recognizer, &text, out_seconds));
    if (status != OSS_OK) {
        return status;
    }
    result->cut_off = oss_recognizer_was_cut_off(recognizer) != 0;
    if (run->output->folder == NULL) {
        result->text = text;
        return OSS_OK;
    }
    status = oss_transcribe_output_save(run->output, item, text);
    oss_string_free(text);
    return status;
}

/* Memory may be short wherever it is asked for, where nobody knows for what. */
static oss_status name_shortage(oss_status status, const char *path) {
    bool named = strncmp(oss_last_error(), path, strlen(path)) == 0;
    return status == OSS_ENOMEM && !named ? oss_fail_prefix(status, "%s", path) : status;
}

static void do_recording(void *context, int32_t task, int32_t slot, int32_t worker) {
    transcribe_run *run = context;
    const oss_recording_item *item = &run->list->item[task];
    recording_result *result = &run->result[slot];
    double seconds = 0.0;
    oss_transcribe_display_begin(&run->display, worker, task);
    if (oss_cli_signal() != 0) {
        result->status = OSS_ESTOPPED;
    } else if (item->status != OSS_OK) {
        keep_failure(result, item->status, item->message);
    } else if (oss_transcribe_output_has(run->output, item)) {
        seconds = -1.0;
    } else {
        oss_cli_keep_log(run->pool == NULL ? NULL : &result->log);
        oss_status status =
            name_shortage(transcribe(run, item, run->recognizer[worker], result, &seconds), item->path);
        oss_cli_keep_log(NULL);
        if (status != OSS_OK) {
            keep_failure(result, status, oss_last_error());
        }
    }
    oss_transcribe_display_end(&run->display, worker, task, seconds);
}

/* ---- Results; one at a time, in order ---- */

static void give_out(transcribe_run *run, const oss_recording_item *item, recording_result *result) {
    if (run->list->items == 1) {
        oss_cli_progress_end(&run->single);
    }
    oss_transcribe_display_pause(&run->display, result->message != NULL || result->log.length > 0);
    if (result->log.length > 0) {
        (void)fputs(result->log.data, stderr);
    }
    if (result->status != OSS_OK) {
        (void)(result->message == NULL ? oss_fail(result->status, "%s: out of memory", item->path)
                                       : oss_fail(result->status, "%s", result->message));
        run->worst = oss_cli_fail(run->args, result->status);
        run->failed++;
    } else if (result->text != NULL) {
        oss_transcribe_output_put(run->output, result->text);
    }
    run->cut_off += result->cut_off;
    oss_transcribe_display_go_on(&run->display);
}

static bool take_result(void *context, int32_t task, int32_t slot) {
    transcribe_run *run = context;
    recording_result *result = &run->result[slot];
    oss_status status = result->status;
    bool readable = true;
    if (status != OSS_ESTOPPED) {
        give_out(run, &run->list->item[task], result);
        readable = oss_cli_flush() == OSS_OK;
        run->done++;
    }
    clear_result(result);
    run->ended = run->ended || status == OSS_ENOSPC; /* the disk would be full for the next as well */
    return readable && !run->ended;
}

/* ---- Signals ---- */

static transcribe_run *_Atomic stoppable; /* a process makes one run */

static void stop_recognizers(void) {
    const transcribe_run *run = stoppable;
    for (int32_t i = 0; run != NULL && i < run->threads; i++) {
        oss_recognizer_cancel(run->recognizer[i]);
    }
}

static void tell_stop(const transcribe_run *run) {
    if (run->list->items == 1) {
        oss_log_info("stopped by %s", oss_cli_signal_name());
    } else {
        oss_log_info("stopped by %s: %d of %d recordings are done", oss_cli_signal_name(), run->done,
                     run->list->items);
    }
}

/* ---- Life ---- */

static oss_status create_recognizers(transcribe_run *run, oss_recognizer_options *settings) {
    run->recognizer = oss_alloc_zero((size_t)run->threads, sizeof(oss_recognizer *));
    if (run->recognizer == NULL) {
        return OSS_ENOMEM;
    }
    if (run->threads > 1) {
        settings->threads = 1;
    }
    oss_status status = oss_cli_recognizer(&run->recognizer[0], run->args, settings);
    if (status == OSS_OK) {
        status = oss_cli_decode(run->decoding, run->recognizer[0]);
    }
    for (int32_t i = 1; i < run->threads && status == OSS_OK; i++) {
        status = oss_recognizer_create_sibling(&run->recognizer[i], run->recognizer[0]);
    }
    return status;
}

static void set_progress(transcribe_run *run) {
    if (run->list->items == 1) {
        oss_cli_progress_begin(&run->single, run->list->item[0].path);
        oss_recognizer_set_progress(run->recognizer[0], oss_cli_progress_tell, &run->single);
        return;
    }
    for (int32_t i = 0; i < run->display.threads; i++) {
        oss_recognizer_set_progress(run->recognizer[i], oss_transcribe_display_tell, &run->display.share[i]);
    }
}

static oss_status prepare(transcribe_run *run, oss_recognizer_options *settings) {
    run->threads = run->list->items < settings->threads ? 1 : settings->threads;
    run->slots = run->threads == 1 ? 1 : run->threads > LOOK_AHEAD ? run->threads : LOOK_AHEAD;
    run->result = oss_alloc_zero((size_t)run->slots, sizeof *run->result);
    oss_status status = run->result == NULL ? OSS_ENOMEM : create_recognizers(run, settings);
    if (status == OSS_OK && run->threads > 1) {
        status = oss_pool_create(&run->pool, run->threads);
    }
    if (status == OSS_OK && run->list->items > 1) {
        status = oss_transcribe_display_init(&run->display, run->list, run->threads);
    }
    if (status == OSS_OK) {
        set_progress(run);
    }
    return status;
}

static void clean_up(transcribe_run *run) {
    stoppable = NULL;
    oss_transcribe_display_deinit(&run->display);
    oss_pool_free(run->pool);
    for (int32_t i = 0; run->result != NULL && i < run->slots; i++) {
        clear_result(&run->result[i]);
    }
    for (int32_t i = 0; run->recognizer != NULL && i < run->threads; i++) {
        oss_recognizer_free(run->recognizer[i]);
    }
    oss_free((void *)run->recognizer);
    oss_free(run->result);
}

int oss_transcribe_run(const oss_cli_args *args, const oss_recording_list *list,
                       oss_transcribe_output *output, oss_recognizer_options *settings,
                       const oss_cli_decoding *decoding) {
    transcribe_run run = {.args = args, .list = list, .output = output, .decoding = decoding};
    const oss_ordered job = {.context = &run, .work = do_recording, .take = take_result};
    oss_cli_catch_signals(stop_recognizers);
    oss_status status = prepare(&run, settings);
    if (status == OSS_OK) {
        stoppable = &run;
        oss_ordered_run(run.pool, list->items, run.slots, &job);
    }
    clean_up(&run);
    if (status != OSS_OK) {
        return oss_cli_fail(args, status);
    }
    if (oss_cli_signal() != 0) {
        tell_stop(&run);
    }
    return run.failed == list->items || run.ended ? run.worst : run.failed + run.cut_off > 0;
}
