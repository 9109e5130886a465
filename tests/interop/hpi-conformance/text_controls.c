/* Text controls: lines, wrapping, clearing. */
#include "groups.h"
#include "harness.h"
#include "shelf.h"

#include <string.h>

static bool is_text(const struct resource *resource, const SaHpiRdrT *rdr)
{
    const SaHpiCtrlRecT *control = &rdr->RdrTypeUnion.CtrlRec;
    const SaHpiCtrlRecTextT *text = &control->TypeUnion.Text;

    (void)resource;
    return control->Type == SAHPI_CTRL_TYPE_TEXT && !control->WriteOnly
           && !(control->DefaultMode.ReadOnly
                && control->DefaultMode.Mode == SAHPI_CTRL_MODE_AUTO)
           && text->DataType == SAHPI_TL_TYPE_TEXT && text->MaxLines >= 2 && text->MaxChars >= 4
           && text->MaxChars * text->MaxLines < SAHPI_MAX_TEXT_BUFFER_LENGTH;
}

static struct instrument display;

static const SaHpiCtrlRecTextT *record(void)
{
    return &display.rdr->RdrTypeUnion.CtrlRec.TypeUnion.Text;
}

static SaHpiCtrlStateT line(SaHpiTxtLineNumT number, const char *words)
{
    SaHpiCtrlStateT state;

    memset(&state, 0, sizeof state);
    state.Type = SAHPI_CTRL_TYPE_TEXT;
    state.StateUnion.Text.Line = number;
    state.StateUnion.Text.Text = text(words);
    state.StateUnion.Text.Text.Language = record()->Language;
    return state;
}

static SaErrorT set(SaHpiCtrlStateT state)
{
    return saHpiControlSet(session, display.id, display.num, SAHPI_CTRL_MODE_MANUAL, &state);
}

static SaErrorT get(SaHpiCtrlStateT *state, SaHpiTxtLineNumT number)
{
    *state = line(number, "");
    return saHpiControlGet(session, display.id, display.num, NULL, state);
}

/* Whether a line shows these words, and blanks after them. */
static bool shows(SaHpiTxtLineNumT number, const char *words)
{
    SaHpiCtrlStateT state;
    const SaHpiTextBufferT *shown = &state.StateUnion.Text.Text;
    size_t length = strlen(words);

    if (get(&state, number) != SA_OK || shown->DataLength < length
        || memcmp(shown->Data, words, length) != 0)
        return false;
    for (size_t at = length; at < shown->DataLength; at++)
        if (shown->Data[at] != ' ')
            return false;
    return true;
}

static void test_bad_lines(void)
{
    char many[SAHPI_MAX_TEXT_BUFFER_LENGTH + 1];
    SaHpiTxtLineNumT beyond = (SaHpiTxtLineNumT)(record()->MaxLines + 1);
    SaHpiCtrlStateT state;

    memset(many, 'x', sizeof many);
    many[sizeof many - 1] = 0;
    expect("saHpiControlGet", "a line beyond the last", SA_ERR_HPI_INVALID_DATA,
        get(&state, beyond));
    expect("saHpiControlSet", "a line beyond the last", SA_ERR_HPI_INVALID_DATA,
        set(line(beyond, "x")));
    expect("saHpiControlSet", "more than all lines take", SA_ERR_HPI_INVALID_DATA,
        set(line(SAHPI_TLN_ALL_LINES, many)));
    many[record()->MaxChars + 1] = 0;
    expect("saHpiControlSet", "more than the last line takes", SA_ERR_HPI_INVALID_DATA,
        set(line(record()->MaxLines, many)));
    state = line(1, "");
    state.StateUnion.Text.Text = text_of(SAHPI_TL_TYPE_BCDPLUS, SAHPI_LANG_UNDEF, "1", 1);
    expect("saHpiControlSet", "another data type", SA_ERR_HPI_INVALID_DATA, set(state));
    state = line(1, "x");
    state.StateUnion.Text.Text.Language =
        record()->Language == SAHPI_LANG_ZULU ? SAHPI_LANG_XHOSA : SAHPI_LANG_ZULU;
    expect("saHpiControlSet", "another language", SA_ERR_HPI_INVALID_DATA, set(state));
}

void test_text_controls(void)
{
    char wrapped[SAHPI_MAX_TEXT_BUFFER_LENGTH + 1];
    SaHpiCtrlStateT state;
    SaHpiCtrlModeT before = SAHPI_CTRL_MODE_MANUAL;

    group("Text control");
    if (!find(SAHPI_CTRL_RDR, is_text, &display)) {
        lacking("saHpiControlSet", "text control of two lines or more");
        return;
    }
    saHpiControlGet(session, display.id, display.num, &before, NULL);
    expect("saHpiControlSet", "clear", SA_OK, set(line(SAHPI_TLN_ALL_LINES, "")));
    CHECK("saHpiControlSet", "it is clear", shows(1, "") && shows(2, ""));
    expect("saHpiControlSet", "the second line", SA_OK, set(line(2, "two")));
    expect("saHpiControlSet", "the first line", SA_OK, set(line(1, "one")));
    CHECK("saHpiControlGet", "both lines", shows(1, "one") && shows(2, "two"));
    expect("saHpiControlGet", "all lines", SA_OK, get(&state, SAHPI_TLN_ALL_LINES));
    CHECK("saHpiControlGet", "all lines, at full length",
        state.StateUnion.Text.Text.DataLength == record()->MaxChars * record()->MaxLines
            && memcmp(state.StateUnion.Text.Text.Data + record()->MaxChars, "two", 3) == 0);
    expect("saHpiControlSet", "a shorter text", SA_OK, set(line(1, "1")));
    CHECK("saHpiControlSet", "what is beyond it is cleared", shows(1, "1") && shows(2, "two"));
    memset(wrapped, 'w', sizeof wrapped);
    wrapped[record()->MaxChars + 1] = 0;
    expect("saHpiControlSet", "more than a line", SA_OK, set(line(1, wrapped)));
    CHECK("saHpiControlSet", "it wraps to the next line", shows(2, "w"));
    expect("saHpiControlSet", "a text for all lines", SA_OK, set(line(SAHPI_TLN_ALL_LINES, "new")));
    CHECK("saHpiControlSet", "other lines are cleared", shows(1, "new") && shows(2, ""));
    test_bad_lines();
    CHECK("saHpiControlSet", "none of this changes anything", shows(1, "new") && shows(2, ""));
    if (before == SAHPI_CTRL_MODE_AUTO)
        EXPECT(SA_OK, "back to automatic",
            saHpiControlSet(
                session, display.id, display.num, SAHPI_CTRL_MODE_AUTO, NULL));
}
