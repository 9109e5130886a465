/* The domain alarm table, as users fill it. Alarms of the system are in sensor_states.c. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <string.h>

/* A table with more room than this is not filled. */
enum { FILL_MAX = 2000 };

static SaHpiAlarmT alarm_of(SaHpiSeverityT severity, const char *words)
{
    SaHpiAlarmT alarm;

    memset(&alarm, 0, sizeof alarm);
    alarm.Severity = severity;
    alarm.AlarmCond.Type = SAHPI_STATUS_COND_TYPE_USER;
    alarm.AlarmCond.Entity.Entry[0].EntityType = SAHPI_ENT_ROOT;
    alarm.AlarmCond.Data = text(words);
    return alarm;
}

/* What to go on from to get the first alarm. */
static SaHpiAlarmT before_all(void)
{
    SaHpiAlarmT alarm = alarm_of(SAHPI_MINOR, "");

    alarm.AlarmId = SAHPI_FIRST_ENTRY;
    return alarm;
}

static SaHpiDomainInfoT domain_info(void)
{
    SaHpiDomainInfoT info;

    memset(&info, 0, sizeof info);
    saHpiDomainInfoGet(session, &info);
    return info;
}

static void test_bad_alarms(void)
{
    static const SaHpiSeverityT severities[] = {
        SAHPI_INFORMATIONAL, SAHPI_OK, SAHPI_DEBUG, SAHPI_ALL_SEVERITIES, (SaHpiSeverityT)7,
    };
    SaHpiAlarmT alarm = alarm_of(SAHPI_MINOR, "bad");

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session", saHpiAlarmAdd(NO_SUCH, &alarm));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiAlarmAdd(session, NULL));
    for (size_t at = 0; at < sizeof severities / sizeof severities[0]; at++) {
        alarm = alarm_of(severities[at], "bad");
        EXPECT(SA_ERR_HPI_INVALID_PARAMS, "neither minor, major nor critical",
            saHpiAlarmAdd(session, &alarm));
    }
    alarm = alarm_of(SAHPI_MINOR, "bad");
    alarm.AlarmCond.Type = SAHPI_STATUS_COND_TYPE_OEM;
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "not a user's", saHpiAlarmAdd(session, &alarm));
    for (unsigned which = 0; which < BAD_TEXTS; which++) {
        alarm = alarm_of(SAHPI_MINOR, "");
        alarm.AlarmCond.Data = bad_text(which);
        EXPECT(SA_ERR_HPI_INVALID_PARAMS, bad_text_why(which), saHpiAlarmAdd(session, &alarm));
    }
}

static void test_bad_gets(void)
{
    SaHpiAlarmT alarm = before_all();

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session",
        saHpiAlarmGetNext(NO_SUCH, SAHPI_ALL_SEVERITIES, SAHPI_FALSE, &alarm));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no severity",
        saHpiAlarmGetNext(session, (SaHpiSeverityT)7, SAHPI_FALSE, &alarm));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiAlarmGetNext(session, SAHPI_ALL_SEVERITIES, SAHPI_FALSE, NULL));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "a severity that no alarm has",
        saHpiAlarmGetNext(session, SAHPI_DEBUG, SAHPI_FALSE, &alarm));
    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session", saHpiAlarmGet(NO_SUCH, 1, &alarm));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiAlarmGet(session, 1, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "FIRST_ENTRY",
        saHpiAlarmGet(session, SAHPI_FIRST_ENTRY, &alarm));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "LAST_ENTRY",
        saHpiAlarmGet(session, SAHPI_LAST_ENTRY, &alarm));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown alarm", saHpiAlarmGet(session, NO_SUCH, &alarm));
}

/* The next of our alarms after this one; false when there is none. */
static bool next_alarm(SaHpiSeverityT severity, bool unacknowledged, SaHpiAlarmT *alarm)
{
    SaHpiBoolT only = unacknowledged ? SAHPI_TRUE : SAHPI_FALSE;

    while (saHpiAlarmGetNext(session, severity, only, alarm) == SA_OK)
        if (alarm->AlarmCond.Type == SAHPI_STATUS_COND_TYPE_USER)
            return true;
    return false;
}

static void test_acknowledge(const SaHpiAlarmT *alarms)
{
    SaHpiUint32T count = domain_info().DatUpdateCount;
    SaHpiAlarmT alarm;

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session",
        saHpiAlarmAcknowledge(NO_SUCH, alarms[0].AlarmId, SAHPI_MINOR));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown alarm",
        saHpiAlarmAcknowledge(session, NO_SUCH, SAHPI_MINOR));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no severity",
        saHpiAlarmAcknowledge(session, SAHPI_ENTRY_UNSPECIFIED, (SaHpiSeverityT)7));
    EXPECT(SA_OK, "a severity that no alarm has",
        saHpiAlarmAcknowledge(session, SAHPI_ENTRY_UNSPECIFIED, SAHPI_DEBUG));
    EXPECT(SA_OK, "an alarm, whatever the severity",
        saHpiAlarmAcknowledge(session, alarms[0].AlarmId, (SaHpiSeverityT)7));
    CHECK("saHpiAlarmAcknowledge", "the table counts the change",
        domain_info().DatUpdateCount != count);
    EXPECT(SA_OK, "the same again",
        saHpiAlarmAcknowledge(session, alarms[0].AlarmId, SAHPI_MINOR));
    EXPECT(SA_OK, "the alarm", saHpiAlarmGet(session, alarms[0].AlarmId, &alarm));
    CHECK("saHpiAlarmAcknowledge", "it is acknowledged", alarm.Acknowledged != SAHPI_FALSE);
    alarm = before_all();
    CHECK("saHpiAlarmGetNext", "the first that is not acknowledged is the second",
        next_alarm(SAHPI_ALL_SEVERITIES, true, &alarm) && alarm.AlarmId == alarms[1].AlarmId);
    EXPECT(SA_OK, "all of a severity",
        saHpiAlarmAcknowledge(session, SAHPI_ENTRY_UNSPECIFIED, SAHPI_MAJOR));
    EXPECT(SA_OK, "the alarm", saHpiAlarmGet(session, alarms[1].AlarmId, &alarm));
    CHECK("saHpiAlarmAcknowledge", "it is acknowledged too", alarm.Acknowledged != SAHPI_FALSE);
    EXPECT(SA_OK, "the alarm", saHpiAlarmGet(session, alarms[2].AlarmId, &alarm));
    CHECK("saHpiAlarmAcknowledge", "that of another severity is not",
        alarm.Acknowledged == SAHPI_FALSE);
}

static void test_order(const SaHpiAlarmT *alarms)
{
    SaHpiAlarmT alarm = before_all();
    bool ordered = true;

    EXPECT(SA_OK, "the first of all",
        saHpiAlarmGetNext(session, SAHPI_ALL_SEVERITIES, SAHPI_FALSE, &alarm));
    alarm = before_all();
    for (unsigned at = 0; at < 3; at++)
        ordered &= next_alarm(SAHPI_ALL_SEVERITIES, false, &alarm)
                   && alarm.AlarmId == alarms[at].AlarmId;
    CHECK("saHpiAlarmGetNext", "alarms come in the order in which they were added", ordered);
    CHECK("saHpiAlarmGetNext", "and no more of them",
        !next_alarm(SAHPI_ALL_SEVERITIES, false, &alarm));
    alarm = before_all();
    CHECK("saHpiAlarmGetNext", "of one severity only",
        next_alarm(SAHPI_MAJOR, false, &alarm) && alarm.AlarmId == alarms[1].AlarmId
            && !next_alarm(SAHPI_MAJOR, false, &alarm));
    alarm = alarms[0];
    alarm.Timestamp++;
    EXPECT(SA_ERR_HPI_INVALID_DATA, "the time of the alarm before is another",
        saHpiAlarmGetNext(session, SAHPI_ALL_SEVERITIES, SAHPI_FALSE, &alarm));
}

static void test_delete(const SaHpiAlarmT *alarms)
{
    SaHpiAlarmT alarm;

    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session",
        saHpiAlarmDelete(NO_SUCH, alarms[1].AlarmId, SAHPI_MINOR));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "unknown alarm", saHpiAlarmDelete(session, NO_SUCH, SAHPI_MINOR));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no severity",
        saHpiAlarmDelete(session, SAHPI_ENTRY_UNSPECIFIED, (SaHpiSeverityT)7));
    EXPECT(SA_OK, "a severity that no alarm has",
        saHpiAlarmDelete(session, SAHPI_ENTRY_UNSPECIFIED, SAHPI_DEBUG));
    EXPECT(SA_OK, "one of ours", saHpiAlarmDelete(session, alarms[1].AlarmId, SAHPI_MINOR));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "the same again",
        saHpiAlarmDelete(session, alarms[1].AlarmId, SAHPI_MINOR));
    alarm = alarms[1];
    CHECK("saHpiAlarmGetNext", "goes on after an alarm that is gone",
        next_alarm(SAHPI_ALL_SEVERITIES, false, &alarm) && alarm.AlarmId == alarms[2].AlarmId);
    EXPECT(SA_OK, "all of a severity",
        saHpiAlarmDelete(session, SAHPI_ENTRY_UNSPECIFIED, SAHPI_MINOR));
    EXPECT(SA_ERR_HPI_NOT_PRESENT, "one of them", saHpiAlarmGet(session, alarms[0].AlarmId, &alarm));
    EXPECT(SA_OK, "that of another severity", saHpiAlarmGet(session, alarms[2].AlarmId, &alarm));
    EXPECT(SA_OK, "all that is left",
        saHpiAlarmDelete(session, SAHPI_ENTRY_UNSPECIFIED, SAHPI_ALL_SEVERITIES));
    alarm = before_all();
    CHECK("saHpiAlarmDelete", "none of ours is left",
        !next_alarm(SAHPI_ALL_SEVERITIES, false, &alarm));
}

static void test_limit(void)
{
    SaHpiUint32T limit = domain_info().DatUserAlarmLimit;
    SaHpiAlarmT alarm = alarm_of(SAHPI_MINOR, "many");
    SaHpiUint32T added = 0;

    if (limit == 0 || limit > FILL_MAX)
        return;
    while (added <= limit && saHpiAlarmAdd(session, &alarm) == SA_OK)
        added++;
    CHECK("saHpiAlarmAdd", "as many as the domain says", added == limit);
    EXPECT(SA_ERR_HPI_OUT_OF_SPACE, "one more", saHpiAlarmAdd(session, &alarm));
    EXPECT(SA_OK, "all",
        saHpiAlarmDelete(session, SAHPI_ENTRY_UNSPECIFIED, SAHPI_ALL_SEVERITIES));
    EXPECT(SA_OK, "there is room again", saHpiAlarmAdd(session, &alarm));
    EXPECT(SA_OK, "and again", saHpiAlarmDelete(session, alarm.AlarmId, SAHPI_MINOR));
}

void test_alarms(void)
{
    SaHpiAlarmT alarms[] = {
        alarm_of(SAHPI_MINOR, "one"),
        alarm_of(SAHPI_MAJOR, "two"),
        alarm_of(SAHPI_CRITICAL, "three"),
    };
    SaHpiDomainInfoT before = domain_info(), after;
    SaHpiAlarmT alarm;
    bool added = true;

    group("Alarms of users");
    test_bad_alarms();
    test_bad_gets();
    for (unsigned at = 0; at < 3; at++)
        added &= EXPECT(SA_OK, "a user's alarm", saHpiAlarmAdd(session, &alarms[at]));
    if (!added)
        return;
    CHECK("saHpiAlarmAdd", "it gets an id and a time",
        alarms[0].AlarmId != SAHPI_FIRST_ENTRY && alarms[0].AlarmId != SAHPI_LAST_ENTRY
            && alarms[0].AlarmId != alarms[1].AlarmId && alarms[0].Timestamp > 0);
    after = domain_info();
    CHECK("saHpiAlarmAdd", "the domain counts them",
        after.DatUpdateCount != before.DatUpdateCount
            && after.ActiveAlarms == before.ActiveAlarms + 3
            && after.CriticalAlarms == before.CriticalAlarms + 1);
    EXPECT(SA_OK, "the first of them", saHpiAlarmGet(session, alarms[0].AlarmId, &alarm));
    CHECK("saHpiAlarmGet", "it is as it was added",
        alarm.Severity == SAHPI_MINOR && alarm.Acknowledged == SAHPI_FALSE
            && alarm.Timestamp == alarms[0].Timestamp
            && same_text(&alarm.AlarmCond.Data, &alarms[0].AlarmCond.Data));
    test_order(alarms);
    test_acknowledge(alarms);
    test_delete(alarms);
    test_limit();
}
