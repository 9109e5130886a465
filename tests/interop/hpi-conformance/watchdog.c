/* Watchdog timers: what is set, how they run, what happens when they run out. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"
#include "watch.h"

#include <string.h>

/* Long enough never to run out here, and short enough to be waited for, in milliseconds. */
enum { LONG_MS = 60000, SHORT_MS = 1000, PRE_MS = 2000, INITIAL_MS = 3000 };

static struct instrument timer;

static SaHpiWatchdogT settings(SaHpiUint32T initial_ms)
{
    SaHpiWatchdogT wanted;

    memset(&wanted, 0, sizeof wanted);
    wanted.Log = SAHPI_TRUE;
    wanted.TimerUse = SAHPI_WTU_SMS_OS;
    wanted.TimerAction = SAHPI_WA_NO_ACTION;
    wanted.PretimerInterrupt = SAHPI_WPI_NONE;
    wanted.InitialCount = initial_ms;
    return wanted;
}

static SaErrorT set(SaHpiWatchdogT wanted)
{
    return saHpiWatchdogTimerSet(session, timer.id, timer.num, &wanted);
}

static SaHpiWatchdogT now(void)
{
    SaHpiWatchdogT state;

    memset(&state, 0, sizeof state);
    saHpiWatchdogTimerGet(session, timer.id, timer.num, &state);
    return state;
}

static void test_bad_settings(void)
{
    SaHpiWatchdogT wanted = settings(LONG_MS);

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiWatchdogTimerGet(session, timer.id, timer.num, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiWatchdogTimerSet(session, timer.id, timer.num, NULL));
    wanted.TimerUse = (SaHpiWatchdogTimerUseT)9;
    expect("saHpiWatchdogTimerSet", "no use", SA_ERR_HPI_INVALID_PARAMS, set(wanted));
    wanted = settings(LONG_MS);
    wanted.TimerAction = (SaHpiWatchdogActionT)9;
    expect("saHpiWatchdogTimerSet", "no action", SA_ERR_HPI_INVALID_PARAMS, set(wanted));
    wanted = settings(LONG_MS);
    wanted.PretimerInterrupt = (SaHpiWatchdogPretimerInterruptT)9;
    expect("saHpiWatchdogTimerSet", "no interrupt", SA_ERR_HPI_INVALID_PARAMS, set(wanted));
    wanted = settings(LONG_MS);
    wanted.PreTimeoutInterval = LONG_MS + 1;
    expect("saHpiWatchdogTimerSet", "it would interrupt before it begins",
        SA_ERR_HPI_INVALID_DATA, set(wanted));
}

static void test_running(void)
{
    SaHpiWatchdogT wanted = settings(LONG_MS), state;

    expect("saHpiWatchdogTimerSet", "a minute", SA_OK, set(wanted));
    EXPECT(SA_OK, "a timer", saHpiWatchdogTimerGet(session, timer.id, timer.num, &state));
    CHECK("saHpiWatchdogTimerSet", "it is read back, and does not run",
        state.InitialCount == LONG_MS && state.TimerUse == SAHPI_WTU_SMS_OS
            && state.TimerAction == SAHPI_WA_NO_ACTION && !state.Running);
    EXPECT(SA_OK, "start", saHpiWatchdogTimerReset(session, timer.id, timer.num));
    state = now();
    CHECK("saHpiWatchdogTimerReset", "it runs",
        state.Running && state.PresentCount > 0 && state.PresentCount <= LONG_MS);
    wait_ms(500);
    CHECK("saHpiWatchdogTimerGet", "it counts", now().PresentCount < LONG_MS);
    EXPECT(SA_OK, "start again", saHpiWatchdogTimerReset(session, timer.id, timer.num));
    CHECK("saHpiWatchdogTimerReset", "it begins anew", now().PresentCount > LONG_MS - 400);
    wanted.InitialCount = LONG_MS / 2;
    wanted.Running = SAHPI_TRUE;
    expect("saHpiWatchdogTimerSet", "half a minute, and go on", SA_OK, set(wanted));
    state = now();
    CHECK("saHpiWatchdogTimerSet", "it runs on, from the new count",
        state.Running && state.PresentCount <= LONG_MS / 2
            && state.PresentCount > LONG_MS / 2 - 2000);
    wanted.Running = SAHPI_FALSE;
    expect("saHpiWatchdogTimerSet", "stop", SA_OK, set(wanted));
    CHECK("saHpiWatchdogTimerSet", "it is stopped", !now().Running);
    wanted.Running = SAHPI_TRUE;
    expect("saHpiWatchdogTimerSet", "go on, though it is stopped", SA_OK, set(wanted));
    CHECK("saHpiWatchdogTimerSet", "what is stopped is not started", !now().Running);
}

static bool is_expired(const SaHpiEventT *event)
{
    const SaHpiWatchdogEventT *watchdog = &event->EventDataUnion.WatchdogEvent;

    return watchdog->WatchdogNum == timer.num
           && watchdog->WatchdogAction == SAHPI_WAE_NO_ACTION
           && watchdog->WatchdogUse == SAHPI_WTU_SMS_OS;
}

static void test_expiry(SaHpiSessionIdT watch)
{
    SaHpiWatchdogT wanted = settings(SHORT_MS);
    struct seen seen;

    wanted.TimerUseExpFlags = SAHPI_WATCHDOG_EXP_SMS_OS;
    expect("saHpiWatchdogTimerSet", "a second", SA_OK, set(wanted));
    CHECK("saHpiWatchdogTimerSet", "what expired before is forgotten",
        !(now().TimerUseExpFlags & SAHPI_WATCHDOG_EXP_SMS_OS));
    EXPECT(SA_OK, "start", saHpiWatchdogTimerReset(session, timer.id, timer.num));
    CHECK("saHpiWatchdogTimerReset", "an event tells that it ran out",
        watch_for(watch, SAHPI_ET_WATCHDOG, timer.id, is_expired, &seen));
    CHECK("saHpiEventGet", "it brings the record of the timer",
        seen.rdr.RdrType == SAHPI_WATCHDOG_RDR && number_of(&seen.rdr) == timer.num);
    CHECK("saHpiWatchdogTimerGet", "it remembers, and stands still",
        now().TimerUseExpFlags & SAHPI_WATCHDOG_EXP_SMS_OS && !now().Running);
    expect("saHpiWatchdogTimerSet", "forget", SA_OK, set(wanted));
    CHECK("saHpiWatchdogTimerSet", "forgotten",
        !(now().TimerUseExpFlags & SAHPI_WATCHDOG_EXP_SMS_OS));
}

static bool is_interrupt(const SaHpiEventT *event)
{
    const SaHpiWatchdogEventT *watchdog = &event->EventDataUnion.WatchdogEvent;

    return watchdog->WatchdogNum == timer.num
           && watchdog->WatchdogAction == SAHPI_WAE_TIMER_INT;
}

/* Sets an interrupt of a kind that the timer has, two seconds before its end. */
static bool set_interrupt(void)
{
    static const SaHpiWatchdogPretimerInterruptT kinds[] = {
        SAHPI_WPI_MESSAGE_INTERRUPT, SAHPI_WPI_NMI, SAHPI_WPI_SMI, SAHPI_WPI_OEM,
    };
    SaHpiWatchdogT wanted = settings(INITIAL_MS);

    wanted.PreTimeoutInterval = PRE_MS;
    for (size_t at = 0; at < sizeof kinds / sizeof kinds[0]; at++) {
        SaErrorT code;

        wanted.PretimerInterrupt = kinds[at];
        code = set(wanted);
        if (code == SA_OK)
            return expect("saHpiWatchdogTimerSet", "an interrupt before the end", SA_OK, code)
                   && CHECK("saHpiWatchdogTimerSet", "it is read back",
                       now().PretimerInterrupt == kinds[at]
                           && now().PreTimeoutInterval == PRE_MS);
        expect("saHpiWatchdogTimerSet", "an interrupt that the timer does not have",
            SA_ERR_HPI_INVALID_DATA, code);
    }
    return false;
}

static void test_interrupt(SaHpiSessionIdT watch)
{
    struct seen seen;

    if (!set_interrupt()) {
        lacking("saHpiWatchdogTimerReset", "watchdog timer that interrupts");
        return;
    }
    EXPECT(SA_OK, "start", saHpiWatchdogTimerReset(session, timer.id, timer.num));
    CHECK("saHpiWatchdogTimerReset", "an event tells of the interrupt",
        watch_for(watch, SAHPI_ET_WATCHDOG, timer.id, is_interrupt, &seen));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "after the interrupt",
        saHpiWatchdogTimerReset(session, timer.id, timer.num));
    expect("saHpiWatchdogTimerSet", "stop", SA_OK, set(settings(LONG_MS)));
    CHECK("saHpiWatchdogTimerSet", "it is stopped", !now().Running);
}

void test_watchdog(void)
{
    SaHpiSessionIdT watch;

    group("Watchdog timers");
    if (!find(SAHPI_WATCHDOG_RDR, NULL, &timer)) {
        lacking("saHpiWatchdogTimerSet", "watchdog timer");
        lacking("saHpiWatchdogTimerReset", "watchdog timer");
        return;
    }
    test_bad_settings();
    test_running();
    watch = watch_begin();
    test_expiry(watch);
    test_interrupt(watch);
    watch_end(watch);
}
