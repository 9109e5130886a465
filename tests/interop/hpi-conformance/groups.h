/* Groups of cases. Each leaves behind what it found, as far as the functions allow. */
#ifndef GROUPS_H
#define GROUPS_H

/* These come first and last, as they open and close the session of all others. */
void test_library(void);
void test_finalize(void);

void test_sessions(void);
void test_addressing(void);
void test_domain(void);
void test_failed_resources(void);
void test_entities(void);
void test_event_log(void);
void test_events(void);
void test_injection(void);
void test_alarms(void);
void test_records(void);
void test_sensors(void);
void test_thresholds(void);
void test_controls(void);
void test_text_controls(void);
void test_managers(void);
void test_inventory(void);
void test_inventory_writes(void);
void test_watchdog(void);
void test_annunciators(void);
void test_dimi(void);
void test_fumi(void);
void test_upgrade(void);
void test_hot_swap(void);
void test_power(void);
void test_configuration(void);

#endif
