/* All of Ossicle's public interface. Link with -lossicle. */
#ifndef OSSICLE_OSSICLE_H
#define OSSICLE_OSSICLE_H

#include "ossicle/alignment.h"
#include "ossicle/decoding.h"
#include "ossicle/features.h"
#include "ossicle/format.h"
#include "ossicle/log.h"
#include "ossicle/precision.h"
#include "ossicle/progress.h"
#include "ossicle/recognizer.h"
#include "ossicle/status.h"
#include "ossicle/streaming.h"
#include "ossicle/transcript.h"
#include "ossicle/version.h"

#endif
