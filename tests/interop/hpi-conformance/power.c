/* Power and reset. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"
#include "watch.h"

/* A resource that is no board, if there is one: boards carry what others need. */
static const struct resource *able(SaHpiCapabilitiesT capability)
{
    for (size_t at = 0; at < resource_count; at++) {
        SaHpiCapabilitiesT has = resources[at].rpt.ResourceCapabilities;

        if (has & capability && !(has & SAHPI_CAPABILITY_FRU))
            return &resources[at];
    }
    return resource_with(capability);
}

static bool power_becomes(SaHpiResourceIdT id, SaHpiPowerStateT wanted)
{
    SaHpiPowerStateT state = (SaHpiPowerStateT)99;

    for (unsigned turn = 0; turn < 100; turn++) {
        if (saHpiResourcePowerStateGet(session, id, &state) == SA_OK && state == wanted)
            return true;
        wait_ms(50);
    }
    return false;
}

static void test_power_states(SaHpiResourceIdT id)
{
    SaHpiPowerStateT before = SAHPI_POWER_ON;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiResourcePowerStateGet(session, id, NULL));
    EXPECT(SA_OK, "a resource", saHpiResourcePowerStateGet(session, id, &before));
    CHECK("saHpiResourcePowerStateGet", "on or off",
        before == SAHPI_POWER_ON || before == SAHPI_POWER_OFF);
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no state",
        saHpiResourcePowerStateSet(session, id, (SaHpiPowerStateT)7));
    EXPECT(SA_OK, "off", saHpiResourcePowerStateSet(session, id, SAHPI_POWER_OFF));
    CHECK("saHpiResourcePowerStateSet", "it is off", power_becomes(id, SAHPI_POWER_OFF));
    EXPECT(SA_OK, "on", saHpiResourcePowerStateSet(session, id, SAHPI_POWER_ON));
    CHECK("saHpiResourcePowerStateSet", "it is on", power_becomes(id, SAHPI_POWER_ON));
    EXPECT(SA_OK, "off and on", saHpiResourcePowerStateSet(session, id, SAHPI_POWER_CYCLE));
    CHECK("saHpiResourcePowerStateSet", "it is on", power_becomes(id, SAHPI_POWER_ON));
    if (before == SAHPI_POWER_OFF)
        EXPECT(SA_OK, "as it was", saHpiResourcePowerStateSet(session, id, SAHPI_POWER_OFF));
}

static bool is_reset(SaHpiResourceIdT id, SaHpiResetActionT wanted)
{
    SaHpiResetActionT state = (SaHpiResetActionT)99;

    return saHpiResourceResetStateGet(session, id, &state) == SA_OK && state == wanted;
}

static void test_reset_states(SaHpiResourceIdT id)
{
    SaHpiResetActionT state = (SaHpiResetActionT)99;
    SaErrorT held;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL", saHpiResourceResetStateGet(session, id, NULL));
    EXPECT(SA_OK, "a resource", saHpiResourceResetStateGet(session, id, &state));
    CHECK("saHpiResourceResetStateGet", "held or not",
        state == SAHPI_RESET_ASSERT || state == SAHPI_RESET_DEASSERT);
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no action",
        saHpiResourceResetStateSet(session, id, (SaHpiResetActionT)7));
    EXPECT(SA_OK, "a cold reset", saHpiResourceResetStateSet(session, id, SAHPI_COLD_RESET));
    CHECK("saHpiResourceResetStateSet", "it is not held", is_reset(id, SAHPI_RESET_DEASSERT));
    held = saHpiResourceResetStateSet(session, id, SAHPI_RESET_ASSERT);
    if (held != SA_OK) {
        expect("saHpiResourceResetStateSet", "hold, where it cannot be held",
            SA_ERR_HPI_INVALID_CMD, held);
        return;
    }
    CHECK("saHpiResourceResetStateSet", "it is held", is_reset(id, SAHPI_RESET_ASSERT));
    EXPECT(SA_ERR_HPI_INVALID_REQUEST, "a cold reset, while it is held",
        saHpiResourceResetStateSet(session, id, SAHPI_COLD_RESET));
    EXPECT(SA_OK, "let go", saHpiResourceResetStateSet(session, id, SAHPI_RESET_DEASSERT));
    CHECK("saHpiResourceResetStateSet", "it is not held", is_reset(id, SAHPI_RESET_DEASSERT));
}

void test_power(void)
{
    const struct resource *resource = able(SAHPI_CAPABILITY_POWER);

    group("Power and reset");
    if (resource)
        test_power_states(resource->rpt.ResourceId);
    else
        missing("saHpiResourcePowerStateSet", "resource whose power can be switched");
    resource = able(SAHPI_CAPABILITY_RESET);
    if (resource)
        test_reset_states(resource->rpt.ResourceId);
    else
        missing("saHpiResourceResetStateSet", "resource that can be reset");
}
