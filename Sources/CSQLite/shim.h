#include <sqlite3.h>

// sqlite3_config takes its arguments as printf does, which Swift does not import.
static inline int csqlite_leave_memory_uncounted(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
