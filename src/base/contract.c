#include "base/contract.h"

#if OSS_CONTRACTS

#include <stdio.h>
#include <stdlib.h>

/* The one place of the library that prints or ends the process, and only in builds that ask for it: going on would
 * only hide where it began. */
void oss_contract_broken(const char *file, int line, const char *function, const char *condition) {
    (void)fprintf(stderr, "%s:%d: %s: contract broken: %s\n", file, line, function, condition);
    abort();
}

#endif
