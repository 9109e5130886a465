/* The FUMI that cases are about. */
#ifndef FUMI_H
#define FUMI_H

#include "shelf.h"

/* A bank that no FUMI has. */
enum { NO_BANK = 0xf7 };

extern struct instrument fumi;

/* Finds a FUMI with some capabilities and without others, that is not a board's. */
bool choose_fumi(SaHpiFumiCapabilityT with, SaHpiFumiCapabilityT without);

/* Firmware that the FUMI takes: as HPI_FUMI_SOURCE says. */
SaHpiTextBufferT fumi_source(void);

/* What is under way in a bank. */
SaHpiFumiUpgradeStatusT fumi_status(SaHpiBankNumT bank);

/* Waits until a bank reaches a status; false when it takes too long. */
bool fumi_reaches(SaHpiBankNumT bank, SaHpiFumiUpgradeStatusT wanted);

#endif
