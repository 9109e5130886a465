/* The library, and sessions. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

/* Versions: B.01.01, the first of this compatibility level, and C.01.01, of another one. */
enum { B_01_01 = 0x020101, C_01_01 = 0x030101 };

/* Not an option, and not of an OEM either. */
enum { NO_OPTION = 0x7fff };

static bool is_unknown(SaHpiSessionIdT id)
{
    SaHpiDomainInfoT info;

    return saHpiDomainInfoGet(id, &info) == SA_ERR_HPI_INVALID_SESSION;
}

void test_library(void)
{
    SaHpiInitOptionT option = { .OptionId = NO_OPTION };
    SaHpiUint32T failed = NO_SUCH;
    SaErrorT why = SA_OK;
    bool is_version = saHpiVersionGet() == SAHPI_INTERFACE_VERSION;

    group("Library");
    EXPECT_LIBRARY(SA_ERR_HPI_INVALID_REQUEST, SA_OK, "in initial state", saHpiFinalize());
    expect("saHpiVersionGet", "the version of the header", SA_OK,
        is_version ? SA_OK : SA_ERR_HPI_ERROR);
    EXPECT(SA_ERR_HPI_UNSUPPORTED_API, "another compatibility level",
        saHpiInitialize(C_01_01, 0, NULL, NULL, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "options announced, none given",
        saHpiInitialize(SAHPI_INTERFACE_VERSION, 1, NULL, NULL, NULL));
    EXPECT(SA_ERR_HPI_INVALID_DATA, "an option that is none",
        saHpiInitialize(SAHPI_INTERFACE_VERSION, 1, &option, &failed, &why));
    CHECK("saHpiInitialize", "which option failed", failed == 0);
    EXPECT(SA_OK, "the first version of this level", saHpiInitialize(B_01_01, 0, NULL, NULL, NULL));
    EXPECT_LIBRARY(SA_ERR_HPI_INVALID_REQUEST, SA_OK, "not in initial state",
        saHpiInitialize(SAHPI_INTERFACE_VERSION, 0, NULL, NULL, NULL));
}

void test_finalize(void)
{
    group("Finalize");
    EXPECT(SA_OK, "sessions are open", saHpiFinalize());
    CHECK("saHpiFinalize", "all sessions are closed", is_unknown(session));
}

void test_sessions(void)
{
    SaHpiSessionIdT one = NO_SUCH, other = NO_SUCH;
    int anything = 0;

    group("Sessions");
    EXPECT(SA_ERR_HPI_INVALID_DOMAIN, "unknown domain", saHpiSessionOpen(NO_SUCH, &one, NULL));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "security parameters",
        saHpiSessionOpen(SAHPI_UNSPECIFIED_DOMAIN_ID, &one, &anything));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL for the session",
        saHpiSessionOpen(SAHPI_UNSPECIFIED_DOMAIN_ID, NULL, NULL));
    EXPECT(SA_OK, "default domain", saHpiSessionOpen(SAHPI_UNSPECIFIED_DOMAIN_ID, &one, NULL));
    EXPECT(SA_OK, "a second one", saHpiSessionOpen(SAHPI_UNSPECIFIED_DOMAIN_ID, &other, NULL));
    CHECK("saHpiSessionOpen", "two sessions have two ids", one != other);
    EXPECT(SA_OK, "an open session", saHpiSessionClose(one));
    EXPECT(SA_ERR_HPI_INVALID_SESSION, "the same again", saHpiSessionClose(one));
    EXPECT(SA_ERR_HPI_INVALID_SESSION, "unknown session", saHpiSessionClose(NO_SUCH));
    CHECK("saHpiSessionClose", "the session is gone", is_unknown(one));
    EXPECT(SA_OK, "the other one lives on", saHpiDiscover(other));
    EXPECT(SA_OK, "an open session", saHpiSessionClose(other));
    EXPECT(SA_ERR_HPI_INVALID_SESSION, "closed session", saHpiDiscover(other));
}
