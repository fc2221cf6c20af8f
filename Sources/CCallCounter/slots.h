#ifndef SLOTS_H
#define SLOTS_H

#include "callcountsfile.h"

// The counters of the thread that asks; never NULL, also before there is a file.
CallCounts *counters(void);

// Adds to one of them.
void count(uint64_t *counter, uint64_t by);

// A database is opened anew: what is noted from here on is of another life.
void begin_life(void);

// Whether readings of the clock are noted: never before there is a file.
int notes_readings(void);

// By how much a reading moves the clock; 0: it is the machine's.
uint64_t clock_tick(void);

// The process has read its clock: nanoseconds of that and of its own.
void note_reading(uint64_t wall, uint64_t processor);

#endif
