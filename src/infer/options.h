/* Structs of options of the public interface, which grow at their end and say in their first field, `size`, how long they
 * were when the program was compiled. */
#ifndef OSS_INFER_OPTIONS_H
#define OSS_INFER_OPTIONS_H

#include <stddef.h>

#include "ossicle/status.h"

/* out[size] = the first bytes of *given, of which this version knows `size`. type: "oss_recognizer_options", for messages.
 * OSS_EUSAGE: it is shorter; or what this version does not know is not zero, or the program would ask for something that
 * it does not get. */
oss_status oss_options_copy(void *out, const void *given, size_t size, const char *type);

#endif
