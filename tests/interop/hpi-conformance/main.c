/*
 * Calls each function of SaHpi.h with good and with bad arguments, and compares with what the
 * standard asks for.
 *
 * Links with Debian's libopenhpi, unmodified, and talks to the daemon that OPENHPI_DAEMON_HOST and
 * OPENHPI_DAEMON_PORT name. OPENHPICLIENT_CONF should name a file that says `my_entity`.
 *
 * Source: SAI-HPI-B.03.02, return values and remarks of each function.
 */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <stdio.h>

#ifndef SAHPI_HEADER
#define SAHPI_HEADER "/usr/include/openhpi/SaHpi.h"
#endif

/* What boards have is answered by their controllers, what others have by the daemon. */
static void test_instruments(void)
{
    test_sensors();
    test_thresholds();
    test_controls();
    test_inventory();
    test_watchdog();
}

int main(void)
{
    /* Whoever reads along shall see which case does not come back. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!read_functions(SAHPI_HEADER)) {
        perror(SAHPI_HEADER);
        return 2;
    }
    test_library();
    if (!EXPECT(SA_OK, "a session for all that follows",
            saHpiSessionOpen(SAHPI_UNSPECIFIED_DOMAIN_ID, &session, NULL)))
        return 2;
    EXPECT(SA_OK, "look for everything", saHpiDiscover(session));
    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session", saHpiDiscover(NO_SUCH));
    shelf_read();
    test_sessions();
    test_addressing();
    test_domain();
    test_entities();
    test_event_log();
    test_events();
    test_injection();
    test_alarms();
    test_records();
    look_at(BOARDS);
    test_instruments();
    look_at(OTHERS);
    test_instruments();
    test_text_controls();
    test_managers();
    test_inventory_writes();
    /* Boards' own tests are over before anybody can cancel them. */
    test_dimi();
    look_at(ALL);
    test_annunciators();
    test_fumi();
    test_upgrade();
    test_power();
    test_configuration();
    test_hot_swap();
    test_failed_resources();
    test_finalize();
    return summary() ? 1 : 0;
}
