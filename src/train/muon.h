/* Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024): momentum whose
 * singular values are all brought near 1, for the matrices and kernels inside the encoder; everything else
 * (head, biases, norms) stays with AdamW. For a matrix W[R,C] (a kernel [O,I,h,w] counts as [O, I h w],
 * qkv_proj as its three parts), with g = gradient * grad_scale:
 *
 *     M = 0.95 M + g;  U = g + 0.95 M (Nesterov)
 *     X = U / ||U||;  five times: A = X X', X = 3.4445 X + (-4.775 A + 2.0315 A A) X  (Newton-Schulz)
 *     W = (1 - lr decay) W - lr 0.2 sqrt(max(R, C)) X
 *
 * The factor 0.2 sqrt(max(R, C)) gives the update the size that AdamW's has, so that both share learning rate
 * and decay (Liu et al., "Muon is scalable for LLM training", 2025). M is kept where AdamW's first moment
 * would be; the second moment stays 0. */
#ifndef OSS_TRAIN_MUON_H
#define OSS_TRAIN_MUON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "ossicle/status.h"
#include "model/params.h"
#include "train/adamw.h"

/* Whether Muon is meant for a parameter. */
bool oss_muon_takes(const oss_param *param);

typedef struct oss_muon oss_muon; /* the matrices, heaviest first, and scratch for each thread */

/* frozen[params->count] may be NULL. The pool must outlive what is made. */
oss_status oss_muon_create(oss_muon **out, const oss_params *params, const bool *frozen, oss_pool *pool);
void oss_muon_free(oss_muon *muon);

/* One update of all its matrices; of `block` the second moment, and of its rule betas, eps and step, are not
 * used. Each matrix is the work of one thread: the bits do not depend on how many there are. A gradient and
 * momentum of 0 change nothing but decay. */
void oss_muon_update(const oss_muon *muon, const oss_adamw *block);

#endif
