/* Sees events, in a session of its own. */
#ifndef WATCH_H
#define WATCH_H

#include <SaHpi.h>
#include <stdbool.h>

/* An event, with all that comes with it. */
struct seen {
    SaHpiEventT event;
    SaHpiRdrT rdr;
    SaHpiRptEntryT rpt;
};

/* Whether an event is the one that is waited for. */
typedef bool (*awaited)(const SaHpiEventT *event);

/* Opens a session and subscribes. */
SaHpiSessionIdT watch_begin(void);

/*
 * Waits ten seconds for an event of this type from this resource, or for one of them that is
 * awaited; false when none comes.
 */
bool watch_for(SaHpiSessionIdT watch, SaHpiEventTypeT type, SaHpiResourceIdT source,
    awaited is_awaited, struct seen *seen);

/* Waits only until no event is left; whether there was one such as above. */
bool watch_has(SaHpiSessionIdT watch, SaHpiEventTypeT type, SaHpiResourceIdT source,
    awaited is_awaited, struct seen *seen);

void watch_end(SaHpiSessionIdT watch);

/* Seconds that have passed since some moment. */
double seconds(void);

/* Waits. */
void wait_ms(long milliseconds);

#endif
