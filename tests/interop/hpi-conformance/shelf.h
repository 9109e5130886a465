/* What the domain has: its resources, and their instruments, found by walking its tables. */
#ifndef SHELF_H
#define SHELF_H

#include <SaHpi.h>
#include <stdbool.h>
#include <stddef.h>

/* Numbers that no resource, instrument or entry has. */
enum { NO_SUCH = 0x7ffffff0 };

/* A resource, and its records. */
struct resource {
    SaHpiRptEntryT rpt;
    SaHpiRdrT *rdrs;
    size_t rdr_count;
};

/* An instrument of a resource. */
struct instrument {
    const struct resource *resource;
    const SaHpiRdrT *rdr;
    SaHpiResourceIdT id;
    SaHpiUint32T num;
};

/* Whether an instrument is the one that a case needs. */
typedef bool (*wanted)(const struct resource *resource, const SaHpiRdrT *rdr);

/* The session that cases use unless they say otherwise. */
extern SaHpiSessionIdT session;
extern struct resource *resources;
extern size_t resource_count;

/* Reads everything, again if need be. */
void shelf_read(void);

/* The first resource with all these capabilities; NULL when there is none. */
const struct resource *resource_with(SaHpiCapabilitiesT capabilities);

/* The first resource that lacks at least one of them; NULL when there is none. */
const struct resource *resource_without(SaHpiCapabilitiesT capabilities);

/* Whose instruments are looked at: those of boards, those of others, or all. */
enum whose { ALL, BOARDS, OTHERS };
void look_at(enum whose);
bool looks_at_boards(void);

/* Cases cannot be tried. That is no failure while only boards are looked at. */
void lacking(const char *function, const char *what);

/* Finds the first instrument of a type, or of those only that are wanted. */
bool find(SaHpiRdrTypeT type, wanted is_wanted, struct instrument *found);

/* Number of the instrument that a record is about. */
SaHpiUint32T number_of(const SaHpiRdrT *rdr);

/* A text of type TEXT, in English. */
SaHpiTextBufferT text(const char *words);

/* A text of another kind, with these bytes. */
SaHpiTextBufferT text_of(
    SaHpiTextTypeT type, SaHpiLanguageT language, const void *data, size_t length);

/* Readings of any type but buffers, as numbers. */
double value_of(const SaHpiSensorReadingT *reading);
SaHpiSensorReadingT reading_of(SaHpiSensorReadingTypeT type, double value);

bool same_text(const SaHpiTextBufferT *one, const SaHpiTextBufferT *other);
bool same_path(const SaHpiEntityPathT *one, const SaHpiEntityPathT *other);

/*
 * Texts that no function takes: of no type, in no language, with characters that their type does
 * not have, of half a UTF-16 character, with half a surrogate pair.
 */
enum { BAD_TEXTS = 7 };
SaHpiTextBufferT bad_text(unsigned which);
const char *bad_text_why(unsigned which);

#endif
