#include "kernel/cpu.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const char *const isa_names[OSS_ISA_COUNT] = {"generic", "avx2", "avx512"};

enum { ISA_UNDECIDED = -1 };
static atomic_int isa_in_use = ISA_UNDECIDED;

#if defined(__x86_64__)
/* Half-precision conversion; clang 14's __builtin_cpu_supports does not know the word. */
static int has_f16c(void) {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_F16C) != 0;
}
#endif

/* Whether processor, system (saved registers) and build can run it; must match ISA_FLAGS_* in the Makefile. */
static int can_run(oss_isa isa) {
    if (isa == OSS_ISA_GENERIC) {
        return 1;
    }
#if defined(__x86_64__)
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
    if (isa == OSS_ISA_AVX2) {
        return avx2;
    }
    if (isa == OSS_ISA_AVX512) {
        return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    }
#endif
    return 0;
}

/* Instructions that some processors with AVX-512 have; clang 14's __builtin_cpu_supports does not know them all. */
typedef enum extra { EXTRA_BF16, EXTRA_VNNI, EXTRA_COUNT } extra;

enum { EXTRA_UNDECIDED = -1 };
static atomic_int extra_found[EXTRA_COUNT] = {EXTRA_UNDECIDED, EXTRA_UNDECIDED};

/* CPUID leaf 7: vpdpbf16ps in subleaf 1, vpdpbusd in subleaf 0. */
static bool find_extra(extra which) {
#if defined(__x86_64__)
    enum { EAX_AVX512_BF16 = 1 << 5, ECX_AVX512_VNNI = 1 << 11 };
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (!__get_cpuid_count(7, which == EXTRA_BF16 ? 1 : 0, &eax, &ebx, &ecx, &edx)) {
        return false;
    }
    return which == EXTRA_BF16 ? (eax & EAX_AVX512_BF16) != 0 : (ecx & ECX_AVX512_VNNI) != 0;
#else
    (void)which;
    return false;
#endif
}

static bool has_extra(extra which) {
    int found = atomic_load_explicit(&extra_found[which], memory_order_relaxed);
    if (found == EXTRA_UNDECIDED) {
        found = find_extra(which) ? 1 : 0;
        atomic_store_explicit(&extra_found[which], found, memory_order_relaxed);
    }
    return found != 0 && oss_cpu_isa() == OSS_ISA_AVX512;
}

bool oss_cpu_has_bf16(void) {
    return has_extra(EXTRA_BF16);
}

void oss_cpu_hide_bf16(bool hide) {
    atomic_store(&extra_found[EXTRA_BF16], hide ? 0 : EXTRA_UNDECIDED);
}

bool oss_cpu_has_vnni(void) {
    return has_extra(EXTRA_VNNI);
}

void oss_cpu_hide_vnni(bool hide) {
    atomic_store(&extra_found[EXTRA_VNNI], hide ? 0 : EXTRA_UNDECIDED);
}

static oss_isa find_best(void) {
    oss_isa isa = OSS_ISA_AVX512;
    while (!can_run(isa)) {
        isa = (oss_isa)(isa - 1);
    }
    return isa;
}

oss_isa oss_cpu_isa(void) {
    int isa = atomic_load_explicit(&isa_in_use, memory_order_relaxed);
    if (isa == ISA_UNDECIDED) {
        int best = (int)find_best();
        /* Of two threads that come here at once the first wins; a choice that was made meanwhile stays. */
        if (atomic_compare_exchange_strong(&isa_in_use, &isa, best)) {
            isa = best;
        }
    }
    return (oss_isa)isa;
}

const char *oss_cpu_isa_name(oss_isa isa) {
    return isa >= OSS_ISA_GENERIC && isa < OSS_ISA_COUNT ? isa_names[isa] : "unknown";
}

int oss_cpu_force(oss_isa isa) {
    if (!can_run(isa)) {
        return 0;
    }
    atomic_store(&isa_in_use, (int)isa);
    return 1;
}

oss_status oss_cpu_select_from_environment(void) {
    const char *word = getenv("OSSICLE_CPU");
    if (word == NULL || word[0] == '\0') {
        return OSS_OK;
    }
    char has[64] = "";
    for (int isa = 0; isa < OSS_ISA_COUNT; isa++) {
        if (!can_run((oss_isa)isa)) {
            continue;
        }
        if (strcmp(word, isa_names[isa]) == 0) {
            oss_cpu_force((oss_isa)isa);
            return OSS_OK;
        }
        size_t used = strlen(has);
        (void)snprintf(has + used, sizeof has - used, "%s%s", used > 0 ? ", " : "", isa_names[isa]);
    }
    return oss_fail(OSS_EUSAGE,
                    "OSSICLE_CPU=%s: this processor and build can run %s; use one of these, or unset it",
                    word, has);
}
