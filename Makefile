# Ossicle
## make            build the programs ossicle and ossicle-train and the library
## make demo       train on real speech, be interrupted and resume, score and transcribe (about five minutes)
## make recipe-NAME yesno, digits, prompts, english, ossicle-en, german or prompts-{es,fr,it,ru}: prepares, trains, scores, writes docs/recipes/NAME.md (DATA=FOLDER SEEDS="1 2 3")
## make check      all tests (under eight minutes)
## make test       the Check suites alone
## make soak      do memory and open files stay flat over 100,000 transcriptions and steps of training (SOAK=N)
## make coverage  which lines the tests reach, by folder; gcc (ten minutes)
## make torture    kills, failing disks and short memory at every call of every command; may be interrupted, goes on, prints a table (PART=disk|calls|storm|table)
## make check-neon tests of src/base and src/kernel for 64-bit ARM, under an emulator
## make check-distros build and tests in Debian stable and testing, each in a chroot, with gcc and clang (root; DISTROS="trixie noble")
## make check-formats every form of a transcript opened by the program that owns it: ffmpeg, praat, sclite (Debian)
## make check-peers forms of a transcript read by Python's packages (a venv in build/; needs the network the first time, not in CI)
## make fuzz       inputs at random for all that reads files, until something breaks (FUZZ_SECONDS=60 a target, FUZZ_JOBS=1, FUZZ_TARGETS="csv json", FUZZER=libfuzzer|afl|replay)
## make check-findings do other people's programs still behave as findings/ says (three minutes; needs the network, not in CI)
## make bench-peers PyTorch, torchaudio and ONNX Runtime beside Ossicle; writes docs/benchmarks.md (about ten minutes; ROUNDS=N)
## make bench-decoding ctc-beam-decoder, pyctcdecode and pocketsphinx beside Ossicle's beam search (ten minutes; CSV=FILE LM=FILE.arpa, or DATA=FOLDER TEXT=FOLDER)
## make bench-pocketsphinx pocketsphinx beside Ossicle, recordings to text, on the held-out sets of recipe-ossicle-en (a quarter of an hour; SETS="NAME=CSV ...")
## make bench-scaling does a step's time and memory grow as the audio does (two minutes)
## make install    into prefix (/usr/local), DESTDIR honoured; make uninstall
## make docs       what the documents say of options and config keys, from the tables in the sources; wraps long lines
## make abi      write the list of the public interface anew (scripts/abi/public.txt), after a change that is meant
## make format     clang-format over all C files
## make clean      remove build/
## Settings: CC=clang BUILD=build/NAME OPT=-O2 SAN=address,undefined|thread CONTRACTS=1 WERROR=1 V=1
# Objects live in BUILD, so that `make BUILD=build/asan SAN=address` never mixes with the release build.

VERSION := 0.1.0
# Of the shared library: raised when a program that was linked before might not run any more (CONTRIBUTING.md).
SOVERSION := 0

CC      ?= cc
AR      ?= ar
BUILD   ?= build/release
OPT     ?= -O3
SAN     ?=
WERROR  ?= 0
# Checks of what functions take for granted (src/base/contract.h).
CONTRACTS ?= $(if $(SAN),1,0)
V       ?= 0
prefix  ?= /usr/local
DESTDIR ?=

PKG_LIB   := sndfile samplerate libcjson libutf8proc libxxhash
PKG_TRAIN := openblas
PKG_TEST  := check
# The microphone of `ossicle listen`, where this machine has it; without it `--microphone` says what to do instead.
PKG_SOUND := $(shell pkg-config --exists portaudio-2.0 2>/dev/null && echo portaudio-2.0)

# Enumerators name integers here; clang from 18 on would have each of them cast where a float is multiplied by one.
WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef \
        -Wwrite-strings -Wno-enum-float-conversion $(if $(filter 1,$(WERROR)),-Werror)
# No reassociation (CTC needs -inf, guards need NaN, runs need the same bits), and no contraction: compilers differ in which products
# and sums they join, gcc 12.2 and 12.3 included, and join others in a loop than in its tail. What is to be fused is written:
# lanes_fma (src/kernel/lanes.h). scripts/check_contraction.sh holds this. Sections of their own: libossicle.so is linked without what no
# public function reaches (gradients, scoring, writing of models), and so may a program be that takes libossicle.a.
BASE_CFLAGS := -std=c11 $(OPT) -g -fno-math-errno -fno-trapping-math -ffp-contract=off -fvisibility=hidden -fPIC \
               -ffunction-sections -fdata-sections $(WARN)
CPPFLAGS_ALL := -D_GNU_SOURCE -DOSS_CONTRACTS=$(CONTRACTS) -Iinclude -Isrc -Itests $(CPPFLAGS)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)

comma := ,
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '%-5s %s\n' '$(1)' '$(2)')

# Without a compiler yet (a fresh machine, about to install one) the kernel's word for the processor will do.
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null || uname -m)
ifneq ($(findstring x86_64,$(MACHINE)),)
ISAS := generic avx2 avx512
else
ISAS := generic
endif
ISA_FLAGS_generic :=
ifneq ($(findstring aarch64,$(MACHINE)),)
# GCC's first scheduling pass raises loads until registers run out: with it the 24 accumulators of tile_lanes.c spill in the inner
# loop, without it they do not. (GCC leaves it out for x86 by itself; Clang has none.)
ISA_FLAGS_generic := $(shell $(CC) -Werror -fno-schedule-insns -E -x c /dev/null >/dev/null 2>&1 && echo -fno-schedule-insns)
# GCC 12 for aarch64 stops with an internal error where it vectorises a loop whose largest element is found by fmax: tests have some.
$(BUILD)/tests/%.o: override CFLAGS += -fno-tree-vectorize
endif
ISA_FLAGS_avx2    := -mavx2 -mfma -mf16c
ISA_FLAGS_avx512  := -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mprefer-vector-width=512
# GCC from -O3 on writes loops over rows twice, once for rows that lie next to each other: half the size of a tile for a case that
# lanes code spells where it pays. (Clang has no such option.)
LANES_FLAGS := $(shell $(CC) -Werror -fno-version-loops-for-strides -E -x c /dev/null >/dev/null 2>&1 && echo -fno-version-loops-for-strides)
# Not ISAs of their own: these files once more, for a processor that has the instructions beside AVX-512.
BF16_FLAGS := -mavx512bf16
VNNI_FLAGS := -mavx512vnni
VNNI_LANES := int8_lanes int16_lanes

# Files named *_lanes.c are portable lane code, compiled once per ISA with OSS_ISA set; cpu.c's table selects at start-up.
LANES_SRC := $(wildcard src/kernel/*_lanes.c)
# Three archives, each above the one before: libossicle is what programs link that only run models (features, model file, encoder,
# decoding); the second serves the commands for data and models; the third trains.
LIB_SRC   := $(filter-out $(LANES_SRC) src/kernel/gemm_train.c src/kernel/bf16_emulated.c,$(wildcard $(patsubst %,src/%/*.c,base kernel audio text ngram decode output model infer)))
TOOLS_SRC := $(wildcard $(patsubst %,src/%/*.c,augment units dataset checkpoint convert check report lm score fsck))
TRAIN_SRC := src/kernel/gemm_train.c src/kernel/bf16_emulated.c $(wildcard $(patsubst %,src/%/*.c,batch tape op nn train))
CLI_TRAIN_SRC := $(wildcard src/cli/train*.c src/cli/bench*.c) src/cli/cmd_train.c src/cli/cmd_bench.c
CLI_BOTH_SRC  := $(wildcard src/cli/cli_*.c) src/cli/default_model.c src/cli/own_folder.c
CLI_DOCS_SRC  := $(wildcard src/cli/docs_*.c)
CLI_SRC   := $(filter-out $(CLI_TRAIN_SRC) $(CLI_BOTH_SRC) $(CLI_DOCS_SRC),$(wildcard src/cli/*.c))
TEST_SRC  := $(wildcard tests/*/test_*.c)
SUPPORT_SRC := $(wildcard tests/support/*.c)
# Targets of fuzzing, and what they share; entry.c and replay.c are the programs.
FUZZ_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_KIT  := tests/fuzz/input.c tests/fuzz/corpus.c src/cli/align_cues.c
FUZZ_MAIN := tests/fuzz/entry.c tests/fuzz/replay.c tests/fuzz/fail.c

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
LANES_OBJ := $(foreach isa,$(ISAS),$(patsubst %.c,$(BUILD)/%.$(isa).o,$(LANES_SRC)))
LANES_OBJ += $(if $(filter avx512,$(ISAS)),$(BUILD)/src/kernel/bf16_lanes.avx512bf16.o \
             $(patsubst %,$(BUILD)/src/kernel/%.avx512vnni.o,$(VNNI_LANES)))
LIB_OBJ   := $(call obj,$(LIB_SRC)) $(LANES_OBJ)
TOOLS_OBJ := $(call obj,$(TOOLS_SRC))
TRAIN_OBJ := $(call obj,$(TRAIN_SRC))
TEST_BIN  := $(patsubst %.c,$(BUILD)/%,$(TEST_SRC))
PROGRAMS  := $(BUILD)/ossicle $(BUILD)/ossicle-train

.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all
.PHONY: all
all: deps-build $(PROGRAMS) $(BUILD)/libossicle.so

# Installs what is missing and only then; with everything in place it costs a few milliseconds.
.PHONY: deps-build deps-check
deps-build:
	@scripts/install-deps.sh build
deps-check:
	@scripts/install-deps.sh check

# Asked for when a recipe runs, so that a fresh machine may install the libraries first.
PKG_CFLAGS = $(shell pkg-config --cflags $(PKG_LIB) 2>/dev/null)
LIBS_SOUND = $(if $(PKG_SOUND),$(shell pkg-config --libs $(PKG_SOUND)))
LIBS_LIB   = $(shell pkg-config --libs $(PKG_LIB)) -lpthread -lm
# A weak reference alone would leave this one in its archive (src/kernel/bf16_table.h).
EMULATED   := -Wl,-u,oss_bf16_emulated
LIBS_TRAIN = $(EMULATED) $(shell pkg-config --libs $(PKG_TRAIN)) $(LIBS_LIB)
LIBS_TEST  = $(shell pkg-config --libs $(PKG_TEST)) $(LIBS_TRAIN)
COMPILE    = $(CC) $(CPPFLAGS_ALL) $(BASE_CFLAGS) $(SANFLAGS) $(PKG_CFLAGS) $(CFLAGS) -MMD -MP

$(BUILD)/%.o: %.c | deps-build
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) -c -o $@ $<

$(BUILD)/src/cli/microphone.o: override CFLAGS += $(if $(PKG_SOUND),-DOSS_WITH_PORTAUDIO $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PKG_SOUND))))

# The table of fuzz targets is of the files that are there.
$(BUILD)/tests/fuzz/corpus.o: override CFLAGS += '-DOSS_FUZZ_TARGETS(X)=$(patsubst tests/fuzz/fuzz_%.c,X(%),$(FUZZ_SRC))'
$(BUILD)/tests/fuzz/corpus.o: $(FUZZ_SRC)

# Where golden files are, whatever folder a test is run in.
$(BUILD)/tests/support/golden.o: override CFLAGS += -DOSS_TESTS_DIR='"$(CURDIR)/tests"'

define lanes_rule
$(BUILD)/%_lanes.$(1).o: %_lanes.c | deps-build
	@mkdir -p $$(@D)
	$$(call say,CC,$$< [$(1)])
	$(Q)$$(COMPILE) $(LANES_FLAGS) $(ISA_FLAGS_$(1)) -DOSS_ISA=$(1) -c -o $$@ $$<
endef
$(foreach isa,$(ISAS),$(eval $(call lanes_rule,$(isa))))
$(BUILD)/%_lanes.avx512bf16.o: %_lanes.c | deps-build
	@mkdir -p $(@D)
	$(call say,CC,$< [avx512 bf16])
	$(Q)$(COMPILE) $(LANES_FLAGS) $(ISA_FLAGS_avx512) $(BF16_FLAGS) -DOSS_ISA=avx512 -c -o $@ $<
$(BUILD)/%_lanes.avx512vnni.o: %_lanes.c | deps-build
	@mkdir -p $(@D)
	$(call say,CC,$< [avx512 vnni])
	$(Q)$(COMPILE) $(LANES_FLAGS) $(ISA_FLAGS_avx512) $(VNNI_FLAGS) -DOSS_ISA=avx512 -c -o $@ $<

$(BUILD)/libossicle.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(BUILD)/libossicle_tools.a: $(TOOLS_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(BUILD)/libossicle_train.a: $(TRAIN_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(BUILD)/libossicle.so: $(LIB_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) -shared $(if $(SAN),,-Wl$(comma)-z$(comma)defs -Wl$(comma)--gc-sections) -Wl,-soname,libossicle.so.$(SOVERSION) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_LIB)
$(BUILD)/ossicle: $(call obj,$(CLI_SRC) $(CLI_BOTH_SRC)) $(BUILD)/libossicle_tools.a $(BUILD)/libossicle.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_SOUND) $(LIBS_LIB)
$(BUILD)/ossicle-train: $(call obj,$(CLI_TRAIN_SRC) $(CLI_BOTH_SRC)) $(BUILD)/libossicle_train.a $(BUILD)/libossicle_tools.a $(BUILD)/libossicle.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_TRAIN)
# Knows the tables of all commands; writes what the documents say of them.
$(BUILD)/ossicle-docs: $(call obj,$(filter-out src/cli/main.c src/cli/train_main.c,$(CLI_SRC) $(CLI_TRAIN_SRC)) $(CLI_BOTH_SRC) $(CLI_DOCS_SRC)) \
                       $(BUILD)/libossicle_train.a $(BUILD)/libossicle_tools.a $(BUILD)/libossicle.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_SOUND) $(LIBS_TRAIN)
$(BUILD)/tests/%: $(BUILD)/tests/%.o $(call obj,$(SUPPORT_SRC)) $(BUILD)/libossicle_train.a $(BUILD)/libossicle_tools.a $(BUILD)/libossicle.a | deps-check
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_TEST)
# Commands and campaigns in one process: suites, and the program of `make torture`.
TORTURE_OBJ := $(call obj,$(filter-out tests/torture/torture.c tests/torture/test_%,$(wildcard tests/torture/*.c)) \
               $(filter-out tests/support/main.c,$(SUPPORT_SRC)) $(CLI_BOTH_SRC) \
               $(filter-out src/cli/main.c src/cli/train_main.c,$(CLI_SRC) $(CLI_TRAIN_SRC))) \
               $(BUILD)/libossicle_train.a $(BUILD)/libossicle_tools.a $(BUILD)/libossicle.a
$(BUILD)/tests/torture/test_%: $(BUILD)/tests/torture/test_%.o $(BUILD)/tests/support/main.o $(TORTURE_OBJ) | deps-check
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_SOUND) $(LIBS_TEST)
$(BUILD)/tests/torture/torture: $(BUILD)/tests/torture/torture.o $(TORTURE_OBJ) | deps-check
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_SOUND) $(LIBS_TEST)
$(BUILD)/tests/fuzz/test_fuzz_corpus: $(call obj,tests/fuzz/test_fuzz_corpus.c $(FUZZ_KIT) $(FUZZ_SRC) $(SUPPORT_SRC)) \
                $(BUILD)/libossicle_train.a $(BUILD)/libossicle_tools.a $(BUILD)/libossicle.a | deps-check
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_TEST)
# Our side of `make bench-decoding`.
$(BUILD)/scripts/bench/search_worker: $(BUILD)/scripts/bench/search_worker.o $(BUILD)/libossicle.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_LIB)
# Not a suite: prints transcripts for the programs that own the forms.
$(BUILD)/tests/output/print_formats: $(BUILD)/tests/output/print_formats.o \
                $(call obj,$(patsubst %,tests/support/%.c,transcripts transcript_samples fill)) $(BUILD)/libossicle.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_LIB)

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(TOOLS_OBJ) $(TRAIN_OBJ)) $(patsubst %.c,$(BUILD)/%.d,$(wildcard src/cli/*.c) $(TEST_SRC) $(SUPPORT_SRC) $(FUZZ_SRC) $(FUZZ_KIT) $(FUZZ_MAIN) tests/output/print_formats.c scripts/bench/search_worker.c)

.PHONY: tests test
tests: deps-check $(TEST_BIN) $(PROGRAMS) $(BUILD)/ossicle-docs $(BUILD)/tests/output/print_formats
test: tests
	@scripts/run-tests.sh $(BUILD) $(TEST_BIN)

# Goes on with what build/torture.tsv holds; PART=disk|calls|storm|table.
.PHONY: torture
torture: deps-check $(PROGRAMS) $(BUILD)/tests/torture/torture
	@$(BUILD)/tests/torture/torture build/torture.tsv $(PART)

.PHONY: bench-scaling
bench-scaling: all
	@scripts/bench_scaling.sh $(BUILD)

.PHONY: check demo
check: all tests
	@scripts/check.sh $(BUILD) $(TEST_BIN)
demo:
	@scripts/install-deps.sh demo
	@$(MAKE) --no-print-directory all
	@scripts/demo.sh $(BUILD)
recipe-%:
	@scripts/install-deps.sh recipe
	@$(MAKE) --no-print-directory all
	@scripts/recipe.sh $* $(BUILD)

# On aarch64 the generic lane code is NEON: suites that need no third-party library, cross-compiled, static, under an emulator.
# Check itself would need a foreign architecture in the package system: tests/cross/check.h stands in.
NEON_CC    ?= aarch64-linux-gnu-gcc
NEON_RUN   ?= qemu-aarch64
NEON_BUILD ?= build/neon
CROSS_LIB_OBJ := $(call obj,$(filter src/base/% src/kernel/%,$(LIB_SRC)) $(SUPPORT_SRC) src/kernel/bf16_emulated.c tests/cross/check.c) $(LANES_OBJ)
# (Nor test_child: under the emulator posix_spawn does not tell that there is no such program.)
CROSS_TEST_SRC := $(filter-out tests/base/test_json% tests/base/test_path.c tests/base/test_support.c tests/base/test_child.c tests/base/test_file_sample.c tests/kernel/test_gemm_train.c, \
                  $(filter tests/base/% tests/kernel/%,$(TEST_SRC)))
CROSS_BIN := $(patsubst tests/%.c,$(BUILD)/cross/%,tests/cross/faulty.c $(CROSS_TEST_SRC))

.PHONY: check-neon cross-source cross-check
check-neon:
	@scripts/install-deps.sh neon
	@$(MAKE) --no-print-directory BUILD=$(NEON_BUILD) CC='$(NEON_CC)' CPPFLAGS=-Itests/cross PKG_CFLAGS= cross-check
cross-check: cross-source $(CROSS_BIN)
	@RUN_WITH='$(NEON_RUN)' scripts/check_neon.sh $(BUILD) $(CROSS_BIN)
# The headers of third-party libraries are those of this machine, searched last; their code is not needed.
cross-source: deps-build
	$(call say,CHECK,all sources for $(MACHINE))
	$(Q)$(filter-out -MMD -MP,$(COMPILE)) $(patsubst -I%,-idirafter %,$(shell pkg-config --cflags $(PKG_TRAIN))) -DOSS_ISA=generic \
	        -fsyntax-only $(LIB_SRC) $(TOOLS_SRC) $(TRAIN_SRC) $(LANES_SRC) $(wildcard src/cli/*.c)
$(BUILD)/cross/%: $(BUILD)/tests/%.o $(BUILD)/cross/lib.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) -static $(EMULATED) $(LDFLAGS) -o $@ $^ -lpthread -lm
$(BUILD)/cross/lib.a: $(CROSS_LIB_OBJ)
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) qcs $@ $^

# Slow proof that `make check` has a short form of: memory and open files over this many transcriptions and steps.
SOAK ?= 100000
.PHONY: soak
soak: all $(BUILD)/tests/cli/test_soak
	@OSS_SOAK=$(SOAK) CK_VERBOSITY=normal $(BUILD)/tests/cli/test_soak

# Confined programs could not write their counts down. Counts of another run would be added to; suites that fail here (those that measure
# time may) are told, and what was reached is still printed.
.PHONY: coverage
COVERAGE = $(MAKE) --no-print-directory BUILD=build/coverage OPT=-O1 CFLAGS='--coverage -fprofile-update=atomic' CPPFLAGS=-DOSS_CONFINE=0 LDFLAGS=--coverage
coverage:
	@scripts/install-deps.sh coverage
	@+$(COVERAGE) tests
	@find build/coverage -name '*.gcda' -delete
	@+code=0; $(COVERAGE) test || code=1; scripts/coverage.sh build/coverage && exit $$code

# Fuzzing (CONTRIBUTING.md). Its programs are built apart, without Check, whose failures would not end a process (tests/cross/check.h
# stands in), with the sanitizers, and with what the fuzzer wants: FUZZER=libfuzzer (Clang), afl (AFL++), or replay (any compiler).
FUZZER       ?= libfuzzer
FUZZ_SECONDS ?= 60
FUZZ_JOBS    ?= 1
FUZZ_TARGETS ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(FUZZ_SRC))
FUZZ_CC_libfuzzer := clang
FUZZ_CC_afl       := afl-clang-fast
FUZZ_CC_replay    := $(CC)
FUZZ_OBJ = $(call obj,$(FUZZ_KIT) $(FUZZ_SRC) tests/fuzz/fail.c $(filter-out %/main.c,$(SUPPORT_SRC))) \
           $(BUILD)/libossicle_train.a $(BUILD)/libossicle_tools.a $(BUILD)/libossicle.a

.PHONY: fuzz fuzz-programs
fuzz:
	@scripts/install-deps.sh fuzz-$(FUZZER)
	@$(MAKE) --no-print-directory BUILD=build/fuzz/$(FUZZER) CC='$(FUZZ_CC_$(FUZZER))' CPPFLAGS=-Itests/cross \
	        SAN=$(if $(filter libfuzzer,$(FUZZER)),fuzzer-no-link$(comma))address,undefined OPT='-O1 -fno-sanitize-recover=undefined' fuzz-programs
	@FUZZ_SECONDS='$(FUZZ_SECONDS)' FUZZ_JOBS='$(FUZZ_JOBS)' scripts/fuzz.sh $(FUZZER) $(FUZZ_TARGETS)
fuzz-programs: $(BUILD)/tests/fuzz/replay $(if $(findstring fuzzer,$(SAN)),$(BUILD)/tests/fuzz/entry)
$(BUILD)/tests/fuzz/replay: $(BUILD)/tests/fuzz/replay.o $(FUZZ_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_TRAIN)
$(BUILD)/tests/fuzz/entry: $(BUILD)/tests/fuzz/entry.o $(FUZZ_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LIBS_TRAIN)

DISTROS ?= stable testing
.PHONY: check-distros
check-distros:
	@scripts/check_distros.sh $(DISTROS)

# What programs and packages that own a form read out of ours: Debian's, and Python's, which go into build/.
.PHONY: check-formats check-peers
check-formats:
	@scripts/install-deps.sh formats
	@$(MAKE) --no-print-directory $(BUILD)/tests/output/print_formats $(BUILD)/ossicle
	@scripts/check_formats.sh $(BUILD)
	@scripts/check_sclite.sh $(BUILD)
check-peers:
	@$(MAKE) --no-print-directory $(BUILD)/tests/output/print_formats
	@scripts/check_peers.sh $(BUILD)

.PHONY: check-findings
check-findings:
	@scripts/check_findings.sh

# Rivals come from Debian and npm, into the system and into build/; never into the repository.
.PHONY: bench-peers
bench-peers:
	@scripts/install-deps.sh peers || { echo 'bench-peers: the rivals are not installed; the first run needs the network' >&2; exit 1; }
	@$(MAKE) --no-print-directory all
	@/usr/bin/python3 -B scripts/bench/bench_peers.py $(BUILD)

# The same logits and language model to all; rivals come from Debian and PyPI.
.PHONY: bench-decoding
bench-decoding:
	@scripts/install-deps.sh decoding || echo 'bench-decoding: not all rivals could be installed; goes on with those that are there' >&2
	@$(MAKE) --no-print-directory all $(BUILD)/scripts/bench/search_worker
	@python3 -B scripts/bench/bench_decoding.py $(BUILD)

.PHONY: bench-pocketsphinx
bench-pocketsphinx:
	@scripts/install-deps.sh decoding
	@$(MAKE) --no-print-directory all
	@python3 -B scripts/bench/bench_pocketsphinx.py $(BUILD) $(SETS)

# The model that is used without --model: the program finds it in PREFIX/share/ossicle, wherever PREFIX is moved to. The language model
# beside it goes with it, and with no other.
SHIPPED_MODEL := checkpoints/ossicle-en.safetensors
SHIPPED_LM     = $(basename $(SHIPPED_MODEL)).lm
SHARE_DIR = $(DESTDIR)$(prefix)/share/ossicle
CMAKE_DIR = $(DESTDIR)$(prefix)/lib/cmake/ossicle
# Libraries by name, not as Requires.private: with --static that would ask for what libsndfile itself was built of, and Debian has
# libsndfile1-dev without the development files of all of it (libmp3lame-dev).
# What libossicle.a needs, with what its libraries need when they are archives too. Where some of that is not there to be linked
# (Debian's libsndfile1-dev goes without libmp3lame-dev) they can only be shared ones, which bring their own.
LIBS_STATIC = $(shell all="$$(pkg-config --static --libs $(PKG_LIB) 2>/dev/null)"; \
                echo 'int main(void) { return 0; }' | $(CC) -x c -o /dev/null - $$all >/dev/null 2>&1 && echo "$$all" || pkg-config --libs $(PKG_LIB)) \
              -lpthread -lm
FILL_IN = sed 's,@prefix@,$(prefix),g;s,@version@,$(VERSION),g;s,@soversion@,$(SOVERSION),g;s,@requires@,$(PKG_LIB),g;s,@libs@,$(strip $(LIBS_STATIC)),g'

# The run-time linker looks into these folders, by a cache; a stage or a folder of one's own is none of its business.
REFRESH_LINKER = @if [ -z '$(DESTDIR)' ] && [ "$$(id -u)" = 0 ]; then case '$(prefix)' in /usr|/usr/local) ldconfig ;; esac; fi

.PHONY: install uninstall
install: all
	install -d $(DESTDIR)$(prefix)/bin $(DESTDIR)$(prefix)/lib/pkgconfig $(CMAKE_DIR) $(DESTDIR)$(prefix)/include/ossicle \
	        $(DESTDIR)$(prefix)/share/man/man1
	install -m 755 $(PROGRAMS) $(DESTDIR)$(prefix)/bin
	install -m 644 $(BUILD)/libossicle.a $(DESTDIR)$(prefix)/lib
	install -m 755 $(BUILD)/libossicle.so $(DESTDIR)$(prefix)/lib/libossicle.so.$(VERSION)
	ln -sf libossicle.so.$(VERSION) $(DESTDIR)$(prefix)/lib/libossicle.so.$(SOVERSION)
	ln -sf libossicle.so.$(SOVERSION) $(DESTDIR)$(prefix)/lib/libossicle.so
	install -m 644 include/ossicle/*.h $(DESTDIR)$(prefix)/include/ossicle
	install -m 644 docs/ossicle.1 $(DESTDIR)$(prefix)/share/man/man1
	$(FILL_IN) scripts/ossicle.pc.in >$(DESTDIR)$(prefix)/lib/pkgconfig/ossicle.pc
	$(FILL_IN) scripts/cmake/ossicleConfig.cmake.in >$(CMAKE_DIR)/ossicleConfig.cmake
	$(FILL_IN) scripts/cmake/ossicleConfigVersion.cmake.in >$(CMAKE_DIR)/ossicleConfigVersion.cmake
	chmod 644 $(DESTDIR)$(prefix)/lib/pkgconfig/ossicle.pc $(CMAKE_DIR)/*
	@if [ -f '$(SHIPPED_MODEL)' ]; then \
	        install -d $(SHARE_DIR) && install -m 644 '$(SHIPPED_MODEL)' $(SHARE_DIR)/ossicle-en.safetensors && \
	        install -m 644 checkpoints/ossicle-en.md $(SHARE_DIR) && rm -f $(SHARE_DIR)/ossicle-en.lm && \
	        if [ -f '$(SHIPPED_LM)' ]; then install -m 644 '$(SHIPPED_LM)' $(SHARE_DIR)/ossicle-en.lm; fi && \
	        echo 'installed $(SHIPPED_MODEL) in $(SHARE_DIR)'; \
	else \
	        echo 'note: $(SHIPPED_MODEL) is not there: nothing is installed in $(SHARE_DIR), and ossicle needs --model' >&2; \
	fi
	$(REFRESH_LINKER)
uninstall:
	rm -f $(DESTDIR)$(prefix)/bin/ossicle $(DESTDIR)$(prefix)/bin/ossicle-train $(DESTDIR)$(prefix)/lib/libossicle.* \
	      $(DESTDIR)$(prefix)/lib/pkgconfig/ossicle.pc $(DESTDIR)$(prefix)/share/man/man1/ossicle.1
	rm -rf $(DESTDIR)$(prefix)/include/ossicle
	rm -f $(CMAKE_DIR)/ossicleConfig.cmake $(CMAKE_DIR)/ossicleConfigVersion.cmake
	rm -f $(SHARE_DIR)/ossicle-en.safetensors $(SHARE_DIR)/ossicle-en.lm $(SHARE_DIR)/ossicle-en.md
	rmdir $(SHARE_DIR) $(CMAKE_DIR) $(DESTDIR)$(prefix)/lib/cmake 2>/dev/null || true
	$(REFRESH_LINKER)

.PHONY: docs
docs: deps-build $(BUILD)/ossicle-docs
	@$(BUILD)/ossicle-docs docs/commands.md docs/configuration.md docs/ossicle.1
	@scripts/wrap_docs.sh

.PHONY: help abi format clean
help:
	@sed -n '/^##/s/^## *//p' Makefile
abi: all
	@scripts/check_abi.sh --update $(BUILD)
format:
	clang-format -i $$(git ls-files '*.c' '*.h')
clean:
	rm -rf build
