#include <check.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_TCASES = 16, MAX_TESTS = 128 };

typedef struct added_test {
    const TTest *test;
    int begin, end;
} added_test;

struct TCase {
    const char *name;
    double timeout_seconds; /* 0: the default */
    void (*setup)(void);
    void (*teardown)(void);
    added_test tests[MAX_TESTS];
    int count;
};

struct Suite {
    const char *name;
    TCase *tcases[MAX_TCASES];
    int count;
};

struct SRunner {
    Suite *suite;
    int checks, failures, errors;
};

/* What a test's process writes into its pipe. One that writes nothing has not come to its end. */
static const char finished = 'p', failed = 'f';
static int result_pipe = -1;
static char test_name[256];

static void *make(size_t bytes) {
    void *block = calloc(1, bytes);
    if (block == NULL) {
        perror("check");
        exit(EXIT_FAILURE);
    }
    return block;
}

static void require(bool condition, const char *what) {
    if (!condition) {
        fprintf(stderr, "tests/cross/check.c: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

Suite *suite_create(const char *name) {
    Suite *suite = make(sizeof *suite);
    suite->name = name;
    return suite;
}

TCase *tcase_create(const char *name) {
    TCase *tcase = make(sizeof *tcase);
    tcase->name = name;
    return tcase;
}

void suite_add_tcase(Suite *suite, TCase *tcase) {
    require(suite->count < MAX_TCASES, "too many cases in a suite");
    suite->tcases[suite->count++] = tcase;
}

void tcase_set_timeout(TCase *tcase, double seconds) {
    tcase->timeout_seconds = seconds;
}

void tcase_add_checked_fixture(TCase *tcase, void (*setup)(void), void (*teardown)(void)) {
    require(tcase->setup == NULL && tcase->teardown == NULL, "one fixture a case");
    tcase->setup = setup;
    tcase->teardown = teardown;
}

void tcase_add_loop_test(TCase *tcase, const TTest *test, int begin, int end) {
    require(tcase->count < MAX_TESTS, "too many tests in a case");
    tcase->tests[tcase->count++] = (added_test){test, begin, end};
}

SRunner *srunner_create(Suite *suite) {
    SRunner *runner = make(sizeof *runner);
    runner->suite = suite;
    return runner;
}

static void report(char result) {
    while (write(result_pipe, &result, 1) < 0 && errno == EINTR) {
    }
}

void oss_check_fail(const char *file, int line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("%s:%d:F:%s: ", file, line, test_name);
    vprintf(format, arguments);
    puts("");
    va_end(arguments);
    fflush(stdout);
    report(failed);
    _exit(EXIT_FAILURE);
}

static double read_environment(const char *name, double fallback) {
    const char *word = getenv(name);
    return word != NULL ? strtod(word, NULL) : fallback;
}

/* Check's own variables, and its default of 4 s. */
static unsigned find_limit_seconds(const TCase *tcase) {
    double seconds =
        tcase->timeout_seconds > 0.0 ? tcase->timeout_seconds : read_environment("CK_DEFAULT_TIMEOUT", 4.0);
    return (unsigned)ceil(seconds * read_environment("CK_TIMEOUT_MULTIPLIER", 1.0));
}

__attribute__((noreturn)) static void run_in_child(const TCase *tcase, const TTest *test, int index) {
    alarm(find_limit_seconds(tcase));
    if (tcase->setup != NULL) {
        tcase->setup();
    }
    test->run(index);
    if (tcase->teardown != NULL) {
        tcase->teardown();
    }
    fflush(stdout);
    report(finished);
    _exit(EXIT_SUCCESS);
}

static void count_result(SRunner *runner, const char *results, ssize_t count, int status) {
    runner->checks++;
    if (count > 0 && memchr(results, failed, (size_t)count) != NULL) {
        runner->failures++;
        return;
    }
    if (count > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) {
        return;
    }
    runner->errors++;
    if (WIFSIGNALED(status)) {
        printf("E:%s: %s\n", test_name,
               WTERMSIG(status) == SIGALRM ? "took too long" : strsignal(WTERMSIG(status)));
    } else {
        printf("E:%s: ended early with exit status %d\n", test_name, WEXITSTATUS(status));
    }
}

static void run_test(SRunner *runner, const TCase *tcase, const TTest *test, int index) {
    snprintf(test_name, sizeof test_name, "%s:%s:%d", tcase->name, test->name, index);
    fflush(NULL);
    int ends[2];
    require(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0, "no pipe");
    pid_t child = fork();
    require(child >= 0, "cannot fork");
    result_pipe = ends[1];
    if (child == 0) {
        run_in_child(tcase, test, index);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        require(errno == EINTR, "lost a test's process");
    }
    char results[16];
    ssize_t count = read(ends[0], results, sizeof results);
    count_result(runner, results, count, status);
    close(ends[0]);
    close(ends[1]);
}

void srunner_run_all(SRunner *runner, enum print_output mode) {
    (void)mode;
    const Suite *suite = runner->suite;
    printf("Running suite(s): %s\n", suite->name);
    for (int c = 0; c < suite->count; c++) {
        const TCase *tcase = suite->tcases[c];
        for (int t = 0; t < tcase->count; t++) {
            const added_test *added = &tcase->tests[t];
            for (int index = added->begin; index < added->end; index++) {
                run_test(runner, tcase, added->test, index);
            }
        }
    }
    int bad = runner->failures + runner->errors;
    printf("%d%%: Checks: %d, Failures: %d, Errors: %d\n",
           runner->checks > 0 ? 100 * (runner->checks - bad) / runner->checks : 0, runner->checks,
           runner->failures, runner->errors);
}

int srunner_ntests_failed(const SRunner *runner) {
    return runner->failures + runner->errors;
}

void srunner_free(SRunner *runner) {
    for (int c = 0; c < runner->suite->count; c++) {
        free(runner->suite->tcases[c]);
    }
    free(runner->suite);
    free(runner);
}
