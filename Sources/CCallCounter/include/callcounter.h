#ifndef CALLCOUNTER_H
#define CALLCOUNTER_H

// Nothing to call: libCCallCounter.so is preloaded (LD_PRELOAD), with a path in CALLCOUNTS_FILE (callcounts.h).

#endif
