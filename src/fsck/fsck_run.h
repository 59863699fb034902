/* A run as it is found, between fsck_run.c and fsck_repair.c. */
#ifndef OSS_FSCK_FSCK_RUN_H
#define OSS_FSCK_FSCK_RUN_H

#include "checkpoint/checkpoint_internal.h"
#include "fsck/fsck_internal.h"

/* What the repair is to do about an item. */
typedef enum oss_fsck_remedy {
    OSS_FSCK_NOTHING,
    OSS_FSCK_MOVE_DAMAGED, /* to PATH.damaged */
    OSS_FSCK_MOVE_STALE,   /* to PATH.stale */
    OSS_FSCK_GIVE_BACK,    /* PATH.replaced is PATH again */
    OSS_FSCK_POINT,        /* `latest` or `best` */
    OSS_FSCK_WRITE_CONFIG,
    OSS_FSCK_MEND_METRICS
} oss_fsck_remedy;

typedef struct oss_fsck_run_look {
    oss_fsck_report *report;
    const char *run;
    bool is_locked; /* by another process: what comes and goes there is its work, not damage */
    oss_checkpoint_list list;
    oss_fsck_state *state; /* [list.count] of its entries */
    char *latest;          /* the name that RUN/latest stands for; NULL: none */
    char *newest;          /* the name of the whole checkpoint that training would go on from; NULL: none */
    char *config;          /* its settings; NULL: none, or it keeps none */
    int64_t step, best_step;
} oss_fsck_run_look;

/* Adds the items of the run, each with what is to do. Changes nothing. */
oss_status oss_fsck_run_look_at(oss_fsck_report *report, const char *run, bool is_locked);
/* Does what the items from `first` on ask for. The caller holds the run's lock by lock_fd. */
oss_status oss_fsck_run_repair(oss_fsck_report *report, int32_t first, const char *run, int lock_fd);

#endif
