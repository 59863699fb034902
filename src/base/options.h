/* Structs of options of the public interface, which grow at their end and say in their first field, `size`, how long they
 * were when the program was compiled. */
#ifndef OSS_BASE_OPTIONS_H
#define OSS_BASE_OPTIONS_H

#include <stddef.h>

#include "ossicle/status.h"

/* out[size] = *given, of which this version knows `size` bytes; what a shorter one lacks is 0, the default. type:
 * "oss_recognizer_options", for messages; first_size: of the first version's struct, up to its last member
 * (OSS_OPTIONS_UP_TO): no program was compiled with less. OSS_EUSAGE, and *out is as it was: it is shorter than that, or so
 * long that nobody set its size; or what this version does not know is not zero, or the program would ask for something
 * that it does not get. */
enum { OSS_OPTIONS_MOST_BYTES = 4096 };
oss_status oss_options_copy(void *out, const void *given, size_t size, size_t first_size, const char *type);

#define OSS_OPTIONS_UP_TO(type, last) (offsetof(type, last) + sizeof(((const type *)0)->last))

#endif
