#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than SaHpi.h declares. */
enum { FUNCTIONS_MAX = 256, NAME_MAX_LENGTH = 64 };

struct function {
    char name[NAME_MAX_LENGTH];
    unsigned good;
    unsigned bad;
};

static struct function functions[FUNCTIONS_MAX];
static unsigned function_count;
static unsigned cases;
static unsigned failures;
static unsigned library_answers;

static const char *const codes[] = {
    "SA_OK",           "ERROR",           "UNSUPPORTED_API", "BUSY",
    "INTERNAL_ERROR",  "INVALID_CMD",     "TIMEOUT",         "OUT_OF_SPACE",
    "OUT_OF_MEMORY",   "INVALID_PARAMS",  "INVALID_DATA",    "NOT_PRESENT",
    "NO_RESPONSE",     "DUPLICATE",       "INVALID_SESSION", "INVALID_DOMAIN",
    "INVALID_RESOURCE", "INVALID_REQUEST", "ENTITY_NOT_PRESENT", "READ_ONLY",
    "CAPABILITY",      "UNKNOWN",         "INVALID_STATE",   "UNSUPPORTED_PARAMS",
};

static const char *code_name(SaErrorT code)
{
    static char other[32];
    int at = code == SA_OK ? 0 : SA_HPI_ERR_BASE - code;

    if (at >= 0 && at < (int)(sizeof codes / sizeof codes[0]))
        return codes[at];
    snprintf(other, sizeof other, "%d", (int)code);
    return other;
}

/* How many characters of a call are the name of its function. */
static int name_length(const char *call)
{
    return (int)strcspn(call, "(");
}

static struct function *function_of(const char *call)
{
    size_t length = (size_t)name_length(call);

    for (unsigned at = 0; at < function_count; at++)
        if (strncmp(functions[at].name, call, length) == 0 && functions[at].name[length] == 0)
            return &functions[at];
    fprintf(stderr, "%.*s is not in SaHpi.h\n", (int)length, call);
    exit(2);
}

static void report(bool passed, const char *function, const char *why)
{
    cases++;
    if (!passed)
        failures++;
    printf("%s %.*s: %s", passed ? "ok  " : "FAIL", name_length(function), function, why);
}

static void count(const char *call, SaErrorT expected)
{
    struct function *function = function_of(call);

    if (expected == SA_OK)
        function->good++;
    else
        function->bad++;
}

void group(const char *name)
{
    printf("\n# %s\n", name);
}

bool expect(const char *function, const char *why, SaErrorT expected, SaErrorT got)
{
    bool passed = got == expected;

    count(function, expected);
    report(passed, function, why);
    printf(passed ? ": %s\n" : ": expected %s", code_name(expected));
    if (!passed)
        printf(", got %s\n", code_name(got));
    return passed;
}

bool expect_library(
    const char *function, const char *why, SaErrorT expected, SaErrorT library, SaErrorT got)
{
    if (got != library)
        return expect(function, why, expected, got);
    count(function, expected);
    library_answers++;
    report(true, function, why);
    printf(": %s", code_name(expected));
    printf(", but libopenhpi says %s\n", code_name(got));
    return true;
}

bool check(const char *function, const char *why, bool holds)
{
    function_of(function);
    report(holds, function, why);
    printf("%s\n", holds ? "" : ": does not hold");
    return holds;
}

void missing(const char *function, const char *what)
{
    function_of(function);
    report(false, function, "not tried");
    printf(": there is no %s\n", what);
}

bool read_functions(const char *header)
{
    static const char mark[] = "SAHPI_API saHpi";
    char line[256];
    FILE *file = fopen(header, "r");

    if (!file)
        return false;
    while (fgets(line, sizeof line, file)) {
        const char *found = strstr(line, mark);
        size_t length;

        if (!found || function_count == FUNCTIONS_MAX)
            continue;
        found += sizeof mark - sizeof "saHpi";
        length = strcspn(found, " (\t\r\n");
        if (length < NAME_MAX_LENGTH)
            memcpy(functions[function_count++].name, found, length);
    }
    fclose(file);
    return function_count > 0;
}

/* saHpiVersionGet has neither arguments nor codes, so nothing about it can be bad. */
static bool can_fail(const struct function *function)
{
    return strcmp(function->name, "saHpiVersionGet") != 0;
}

unsigned summary(void)
{
    group("Each function of SaHpi.h");
    for (unsigned at = 0; at < function_count; at++) {
        const struct function *function = &functions[at];

        if (function->good == 0)
            check(function->name, "called with good arguments", false);
        if (function->bad == 0 && can_fail(function))
            check(function->name, "called with bad arguments", false);
    }
    printf("%u answers are those of libopenhpi, not of the server\n", library_answers);
    printf("%u cases, %u failed, %u functions\n", cases, failures, function_count);
    return failures;
}
