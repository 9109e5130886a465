/* Controls of each type: what can be read, what can be set, and what cannot. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <SaHpiXtca.h>
#include <string.h>

static const SaHpiCtrlModeT AUTO = SAHPI_CTRL_MODE_AUTO;
static const SaHpiCtrlModeT MANUAL = SAHPI_CTRL_MODE_MANUAL;

static const SaHpiCtrlRecT *record(const struct instrument *control)
{
    return &control->rdr->RdrTypeUnion.CtrlRec;
}

static SaHpiCtrlTypeT wanted_type;

/* A control of the wanted type that can be both read and set. Others try that for failover. */
static bool is_wanted(const struct resource *resource, const SaHpiRdrT *rdr)
{
    const SaHpiCtrlRecT *control = &rdr->RdrTypeUnion.CtrlRec;
    SaHpiCtrlModeT mode;

    return control->Type == wanted_type && !control->WriteOnly
           && control->Num != XTCAHPI_CTRL_NUM_FAILOVER
           && saHpiControlGet(session, resource->rpt.ResourceId, control->Num, &mode, NULL)
                  == SA_OK;
}

/* The same, in whose mode it may be set. */
static bool is_free(const struct resource *resource, const SaHpiRdrT *rdr)
{
    const SaHpiCtrlRecT *control = &rdr->RdrTypeUnion.CtrlRec;

    return is_wanted(resource, rdr)
           && !(control->DefaultMode.ReadOnly && control->DefaultMode.Mode == AUTO);
}

static bool is_write_only(const struct resource *resource, const SaHpiRdrT *rdr)
{
    (void)resource;
    return rdr->RdrTypeUnion.CtrlRec.WriteOnly;
}

static bool has_read_only_mode(const struct resource *resource, const SaHpiRdrT *rdr)
{
    (void)resource;
    return rdr->RdrTypeUnion.CtrlRec.DefaultMode.ReadOnly;
}

static bool has_free_mode(const struct resource *resource, const SaHpiRdrT *rdr)
{
    (void)resource;
    return !rdr->RdrTypeUnion.CtrlRec.DefaultMode.ReadOnly
           && !rdr->RdrTypeUnion.CtrlRec.WriteOnly;
}

static bool find_type(SaHpiCtrlTypeT type, struct instrument *control)
{
    wanted_type = type;
    return find(SAHPI_CTRL_RDR, is_free, control);
}

static SaHpiCtrlStateT blank(SaHpiCtrlTypeT type)
{
    SaHpiCtrlStateT state;

    memset(&state, 0, sizeof state);
    state.Type = type;
    return state;
}

static SaErrorT set(const struct instrument *control, const SaHpiCtrlStateT *state)
{
    SaHpiCtrlStateT copy = *state;

    return saHpiControlSet(session, control->id, control->num, MANUAL, &copy);
}

static SaHpiCtrlStateT get(const struct instrument *control)
{
    SaHpiCtrlStateT state = blank(record(control)->Type);

    saHpiControlGet(session, control->id, control->num, NULL, &state);
    return state;
}

static void test_types(const struct instrument *control)
{
    static const SaHpiCtrlTypeT other[] = { SAHPI_CTRL_TYPE_DIGITAL, SAHPI_CTRL_TYPE_DISCRETE };
    SaHpiCtrlStateT state = blank(other[record(control)->Type == SAHPI_CTRL_TYPE_DIGITAL]);
    SaHpiCtrlStateT before = get(control), none = blank((SaHpiCtrlTypeT)0x77);
    SaHpiCtrlTypeT type;
    SaHpiCtrlModeT mode = (SaHpiCtrlModeT)7;

    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "NULL",
        saHpiControlTypeGet(session, control->id, control->num, NULL));
    EXPECT(SA_OK, "a control", saHpiControlTypeGet(session, control->id, control->num, &type));
    CHECK("saHpiControlTypeGet", "as the record says", type == record(control)->Type);
    EXPECT(SA_OK, "neither mode nor state",
        saHpiControlGet(session, control->id, control->num, NULL, NULL));
    EXPECT(SA_OK, "its mode", saHpiControlGet(session, control->id, control->num, &mode, NULL));
    CHECK("saHpiControlGet", "automatic or manual", mode == AUTO || mode == MANUAL);
    CHECK("saHpiControlGet", "its state is of its type", before.Type == type);
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "no mode",
        saHpiControlSet(session, control->id, control->num, (SaHpiCtrlModeT)7, &before));
    EXPECT(SA_ERR_HPI_INVALID_PARAMS, "manual, and no state",
        saHpiControlSet(session, control->id, control->num, MANUAL, NULL));
    EXPECT(SA_ERR_HPI_INVALID_DATA, "a state of another type",
        saHpiControlSet(session, control->id, control->num, MANUAL, &state));
    EXPECT(SA_ERR_HPI_INVALID_DATA, "a state of no type",
        saHpiControlSet(session, control->id, control->num, MANUAL, &none));
}

static void test_digital(const struct instrument *control)
{
    SaHpiCtrlStateT state = blank(SAHPI_CTRL_TYPE_DIGITAL);

    group("Digital control");
    test_types(control);
    state.StateUnion.Digital = (SaHpiCtrlStateDigitalT)7;
    expect("saHpiControlSet", "no state", SA_ERR_HPI_INVALID_PARAMS, set(control, &state));
    state.StateUnion.Digital = SAHPI_CTRL_STATE_ON;
    expect("saHpiControlSet", "on", SA_OK, set(control, &state));
    CHECK("saHpiControlGet", "on", get(control).StateUnion.Digital == SAHPI_CTRL_STATE_ON);
    state.StateUnion.Digital = SAHPI_CTRL_STATE_PULSE_ON;
    expect("saHpiControlSet", "pulse on, while on", SA_ERR_HPI_INVALID_REQUEST,
        set(control, &state));
    state.StateUnion.Digital = SAHPI_CTRL_STATE_PULSE_OFF;
    expect("saHpiControlSet", "pulse off, while on", SA_OK, set(control, &state));
    CHECK("saHpiControlGet", "a pulse is no state",
        get(control).StateUnion.Digital <= SAHPI_CTRL_STATE_ON);
    state.StateUnion.Digital = SAHPI_CTRL_STATE_OFF;
    expect("saHpiControlSet", "off", SA_OK, set(control, &state));
    CHECK("saHpiControlGet", "off", get(control).StateUnion.Digital == SAHPI_CTRL_STATE_OFF);
    state.StateUnion.Digital = SAHPI_CTRL_STATE_PULSE_OFF;
    expect("saHpiControlSet", "pulse off, while off", SA_ERR_HPI_INVALID_REQUEST,
        set(control, &state));
    state.StateUnion.Digital = SAHPI_CTRL_STATE_PULSE_ON;
    expect("saHpiControlSet", "pulse on, while off", SA_OK, set(control, &state));
}

static void test_discrete(const struct instrument *control)
{
    SaHpiCtrlStateT state = get(control);

    group("Discrete control");
    test_types(control);
    expect("saHpiControlSet", "as it is", SA_OK, set(control, &state));
    state.StateUnion.Discrete = record(control)->TypeUnion.Discrete.Default;
    expect("saHpiControlSet", "its default", SA_OK, set(control, &state));
    CHECK("saHpiControlGet", "it is read back",
        get(control).StateUnion.Discrete == state.StateUnion.Discrete);
}

static void test_analog(const struct instrument *control)
{
    const SaHpiCtrlRecAnalogT *analog = &record(control)->TypeUnion.Analog;
    SaHpiCtrlStateT state = blank(SAHPI_CTRL_TYPE_ANALOG);

    group("Analog control");
    test_types(control);
    CHECK("saHpiRdrGet", "the default is possible",
        analog->Min <= analog->Default && analog->Default <= analog->Max);
    state.StateUnion.Analog = analog->Max;
    expect("saHpiControlSet", "the most", SA_OK, set(control, &state));
    CHECK("saHpiControlGet", "it is read back", get(control).StateUnion.Analog == analog->Max);
    state.StateUnion.Analog = analog->Min;
    expect("saHpiControlSet", "the least", SA_OK, set(control, &state));
    CHECK("saHpiControlGet", "it is read back", get(control).StateUnion.Analog == analog->Min);
    state.StateUnion.Analog = analog->Max + 1;
    expect("saHpiControlSet", "too much", SA_ERR_HPI_INVALID_DATA, set(control, &state));
    state.StateUnion.Analog = analog->Min - 1;
    expect("saHpiControlSet", "too little", SA_ERR_HPI_INVALID_DATA, set(control, &state));
    CHECK("saHpiControlGet", "it is as before", get(control).StateUnion.Analog == analog->Min);
    state.StateUnion.Analog = analog->Default;
    expect("saHpiControlSet", "the default", SA_OK, set(control, &state));
}

static void test_stream(const struct instrument *control)
{
    SaHpiCtrlStateT state = blank(SAHPI_CTRL_TYPE_STREAM), now;

    group("Stream control");
    test_types(control);
    state.StateUnion.Stream.Repeat = SAHPI_TRUE;
    state.StateUnion.Stream.StreamLength = 2;
    memcpy(state.StateUnion.Stream.Stream, "\xa5\x5a", 2);
    expect("saHpiControlSet", "two octets", SA_OK, set(control, &state));
    now = get(control);
    CHECK("saHpiControlGet", "they are read back",
        now.StateUnion.Stream.StreamLength == 2 && now.StateUnion.Stream.Repeat
            && memcmp(now.StateUnion.Stream.Stream, "\xa5\x5a", 2) == 0);
    state.StateUnion.Stream.StreamLength = SAHPI_CTRL_MAX_STREAM_LENGTH + 1;
    expect("saHpiControlSet", "too many octets", SA_ERR_HPI_INVALID_PARAMS, set(control, &state));
}

static void test_oem(const struct instrument *control)
{
    SaHpiCtrlStateT state = get(control), now;

    group("OEM control");
    test_types(control);
    expect("saHpiControlSet", "as it is", SA_OK, set(control, &state));
    now = get(control);
    CHECK("saHpiControlGet", "of the manufacturer that the record names",
        now.StateUnion.Oem.MId == record(control)->TypeUnion.Oem.MId);
    state.StateUnion.Oem.MId++;
    expect("saHpiControlSet", "the manufacturer is not looked at", SA_OK, set(control, &state));
}

static void test_modes(void)
{
    struct instrument control;
    SaHpiCtrlModeT mode = MANUAL;
    SaHpiCtrlStateT state;

    group("Modes of controls");
    if (find(SAHPI_CTRL_RDR, has_read_only_mode, &control)) {
        SaHpiCtrlModeT other = record(&control)->DefaultMode.Mode == AUTO ? MANUAL : AUTO;

        state = blank(record(&control)->Type);
        if (!record(&control)->WriteOnly)
            state = get(&control);
        EXPECT(SA_ERR_HPI_READ_ONLY, "a mode that cannot be changed",
            saHpiControlSet(session, control.id, control.num, other, &state));
    } else {
        lacking("saHpiControlSet", "control with a read-only mode");
    }
    if (find(SAHPI_CTRL_RDR, is_write_only, &control))
        EXPECT(SA_ERR_HPI_INVALID_CMD, "a control that can only be written",
            saHpiControlGet(session, control.id, control.num, NULL, NULL));
    else
        lacking("saHpiControlGet", "control that can only be written");
    if (!find(SAHPI_CTRL_RDR, has_free_mode, &control)) {
        lacking("saHpiControlSet", "control whose mode can be changed");
        return;
    }
    state = get(&control);
    EXPECT(SA_OK, "manual", saHpiControlSet(session, control.id, control.num, MANUAL, &state));
    EXPECT(SA_OK, "its mode", saHpiControlGet(session, control.id, control.num, &mode, NULL));
    CHECK("saHpiControlGet", "manual", mode == MANUAL);
    EXPECT(SA_OK, "automatic, without a state",
        saHpiControlSet(session, control.id, control.num, AUTO, NULL));
    EXPECT(SA_OK, "its mode", saHpiControlGet(session, control.id, control.num, &mode, NULL));
    CHECK("saHpiControlGet", "automatic", mode == AUTO);
}

void test_controls(void)
{
    static const struct {
        SaHpiCtrlTypeT type;
        void (*test)(const struct instrument *);
        const char *name;
    } types[] = {
        { SAHPI_CTRL_TYPE_DIGITAL, test_digital, "digital control" },
        { SAHPI_CTRL_TYPE_DISCRETE, test_discrete, "discrete control" },
        { SAHPI_CTRL_TYPE_ANALOG, test_analog, "analog control" },
        { SAHPI_CTRL_TYPE_STREAM, test_stream, "stream control" },
        { SAHPI_CTRL_TYPE_OEM, test_oem, "OEM control" },
    };

    for (size_t at = 0; at < sizeof types / sizeof types[0]; at++) {
        struct instrument control;
        SaHpiCtrlModeT before = MANUAL;

        /* A board's other controls reset it, or take its power. */
        if (looks_at_boards() && types[at].type != SAHPI_CTRL_TYPE_OEM)
            continue;
        if (!find_type(types[at].type, &control)) {
            lacking("saHpiControlGet", types[at].name);
            continue;
        }
        saHpiControlGet(session, control.id, control.num, &before, NULL);
        types[at].test(&control);
        if (before == AUTO)
            EXPECT(SA_OK, "back to automatic",
                saHpiControlSet(session, control.id, control.num, AUTO, NULL));
    }
    test_modes();
}
