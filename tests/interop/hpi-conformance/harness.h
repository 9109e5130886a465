/*
 * Cases: a call, the code that the standard asks for, and what else must hold afterwards.
 *
 * Every case names the function of SaHpi.h that it is about, so that at the end each of them is
 * known to have been called with good and with bad arguments.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <SaHpi.h>
#include <stdbool.h>

/* One call. `why` is what the standard says about it, in a few words. True when it was answered so. */
#define EXPECT(expected, why, call) expect(#call, (why), (expected), (call))

/*
 * A call that Debian's libopenhpi answers by itself, asking no server, and otherwise than the
 * standard: its answer `library` counts too, so that the case judges the server only.
 */
#define EXPECT_LIBRARY(expected, library, why, call) \
    expect_library(#call, (why), (expected), (library), (call))

/* Something that must hold after a call of `function`. */
#define CHECK(function, why, condition) check((function), (why), (condition))

/* Starts a group of cases. */
void group(const char *name);

/* `function` is the name of a function, or a call of it. */
bool expect(const char *function, const char *why, SaErrorT expected, SaErrorT got);
bool expect_library(
    const char *function, const char *why, SaErrorT expected, SaErrorT library, SaErrorT got);
bool check(const char *function, const char *why, bool holds);

/* Cases of `function` cannot be tried because the domain has no such thing: a failure. */
void missing(const char *function, const char *what);

/* The functions that the standard's header declares; false when the header cannot be read. */
bool read_functions(const char *header);

/* The last lines; how many cases failed, functions that were not fully called included. */
unsigned summary(void);

#endif
