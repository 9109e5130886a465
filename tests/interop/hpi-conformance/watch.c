#define _POSIX_C_SOURCE 200809L

#include "watch.h"

#include "harness.h"

#include <time.h>

static const double PATIENCE_S = 10;
/* So long nothing more comes of what was done before. */
static const SaHpiTimeoutT QUIET_NS = 300 * 1000 * 1000;

SaHpiSessionIdT watch_begin(void)
{
    SaHpiSessionIdT watch;

    EXPECT(SA_OK, "a session to watch with",
        saHpiSessionOpen(SAHPI_UNSPECIFIED_DOMAIN_ID, &watch, NULL));
    EXPECT(SA_OK, "to watch", saHpiSubscribe(watch));
    return watch;
}

static bool watch_until(SaHpiSessionIdT watch, SaHpiTimeoutT quiet_ns, struct seen *seen)
{
    return saHpiEventGet(watch, quiet_ns, &seen->event, &seen->rdr, &seen->rpt, NULL) == SA_OK;
}

static bool is_it(const SaHpiEventT *event, SaHpiEventTypeT type, SaHpiResourceIdT source,
    awaited is_awaited)
{
    return event->EventType == type && event->Source == source
           && (!is_awaited || is_awaited(event));
}

bool watch_for(SaHpiSessionIdT watch, SaHpiEventTypeT type, SaHpiResourceIdT source,
    awaited is_awaited, struct seen *seen)
{
    double end = seconds() + PATIENCE_S;

    for (double left = PATIENCE_S; left > 0; left = end - seconds())
        if (watch_until(watch, (SaHpiTimeoutT)(left * 1e9), seen)
            && is_it(&seen->event, type, source, is_awaited))
            return true;
    return false;
}

bool watch_has(SaHpiSessionIdT watch, SaHpiEventTypeT type, SaHpiResourceIdT source,
    awaited is_awaited, struct seen *seen)
{
    double end = seconds() + PATIENCE_S;

    while (seconds() < end && watch_until(watch, QUIET_NS, seen))
        if (is_it(&seen->event, type, source, is_awaited))
            return true;
    return false;
}

void watch_end(SaHpiSessionIdT watch)
{
    EXPECT(SA_OK, "watched enough", saHpiUnsubscribe(watch));
    EXPECT(SA_OK, "watched enough", saHpiSessionClose(watch));
}

double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void wait_ms(long milliseconds)
{
    struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

    nanosleep(&time, NULL);
}
