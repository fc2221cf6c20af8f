// What SQLite itself must do for the messages of `restante-bench guard`: the same tables, the same statements and commits as the
// store (docs/STORE.md), and nothing else. The guard takes the store's costs as multiples of this program's.
//
//   reference DIRECTORY DEVICES GROUPS MEMBERS MESSAGES BATCH      (GROUPS 0: direct mail, MEMBERS 1)
//
// The clock is read and phase_ends() called where storing begins, and where storing, draining and sweeping end.
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PAYLOAD = 256, PAGE = 128, READERS = 16, CHECKPOINT_FRAMES = 2000, SWEEP_COMMIT = 1024, SETTLE = 3072 };
static const char settings[] =
    "PRAGMA page_size = 8192; PRAGMA journal_mode = wal; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
    "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -262144; PRAGMA temp_store = MEMORY;";
static const char tables[] =
    "CREATE TABLE messages(seq INTEGER PRIMARY KEY, log_id INTEGER NOT NULL, sender_id INTEGER NOT NULL,"
    " message_id BLOB NOT NULL, accepted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " flags INTEGER NOT NULL, log_count INTEGER NOT NULL, log_bytes INTEGER NOT NULL, checksum INTEGER NOT NULL,"
    " payload BLOB NOT NULL) STRICT;"
    "CREATE TABLE owed(log_id INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (log_id, seq)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX messages_early ON messages(expires_at) WHERE flags & 16;"
    "CREATE TABLE accepted(message_id BLOB NOT NULL, sender_id INTEGER NOT NULL, part INTEGER NOT NULL,"
    " log_id INTEGER NOT NULL, seq INTEGER NOT NULL, accepted_at INTEGER NOT NULL, digest BLOB NOT NULL,"
    " cancelled INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (message_id, sender_id, part)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE cursors(device_id INTEGER NOT NULL, log_id INTEGER NOT NULL, started_seq INTEGER NOT NULL,"
    " acked_seq INTEGER NOT NULL, acked_count INTEGER NOT NULL DEFAULT 0, acked_bytes INTEGER NOT NULL DEFAULT 0,"
    " until_seq INTEGER, PRIMARY KEY (device_id, log_id)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX cursors_by_log ON cursors(log_id, acked_seq);"
    "CREATE TABLE logs(log_id INTEGER PRIMARY KEY, name TEXT NOT NULL, swept_through INTEGER NOT NULL DEFAULT 0,"
    " swept_count INTEGER NOT NULL DEFAULT 0, swept_bytes INTEGER NOT NULL DEFAULT 0,"
    " head_seq INTEGER NOT NULL DEFAULT 0) STRICT;";

static sqlite3 *db;
static int frames;  // in the WAL, not yet in the database
static int devices, groups, members, messages, batch, logs;

static void check(int code, const char *what) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "reference: %s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static void execute(const char *sql) { check(sqlite3_exec(db, sql, NULL, NULL, NULL), sql); }

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), sql);
    return statement;
}

static void run(sqlite3_stmt *statement) {
    check(sqlite3_step(statement), sqlite3_sql(statement));
    sqlite3_reset(statement);
}

static void bind(sqlite3_stmt *statement, int first, int64_t value) { sqlite3_bind_int64(statement, first, value); }

__attribute__((noinline)) void phase_ends(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
}

static int note_frames(void *unused, sqlite3 *handle, const char *name, int count) {
    (void)unused, (void)handle, (void)name;
    frames = count;
    return SQLITE_OK;
}

static sqlite3_stmt *begin_statement, *commit_statement;
static void begin(void) { run(begin_statement); }
static void commit(void) { run(commit_statement); }

// As the store does between two commits of messages.
static void checkpoint_if_due(void) {
    if (frames < CHECKPOINT_FRAMES) return;
    check(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL), "checkpoint");
    frames = 0;
}

static void open_database(const char *directory) {
    char path[4096], other[4200];
    snprintf(path, sizeof path, "%s/reference.db", directory);
    const char *suffixes[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(other, sizeof other, "%s%s", path, suffixes[i]);
        remove(other);
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    check(sqlite3_open_v2(path, &db, flags, NULL), path);
    execute(settings);
    execute(tables);
    sqlite3_wal_hook(db, note_frames, NULL);
    begin_statement = prepare("BEGIN IMMEDIATE");
    commit_statement = prepare("COMMIT");
}

static void follow(sqlite3_stmt *cursor, int device, int log) {
    bind(cursor, 1, device);
    bind(cursor, 2, log);
    run(cursor);
}

// Each device follows its own log and its user's; those of a group are spread as the bench spreads them.
static void register_all(void) {
    sqlite3_stmt *cursor = prepare("INSERT INTO cursors(device_id, log_id, started_seq, acked_seq) VALUES (?1, ?2, 0, 0)");
    sqlite3_stmt *log = prepare("INSERT INTO logs(log_id, name) VALUES (?1, ?2)");
    logs = 2 * devices + groups;
    begin();
    for (int i = 0; i < logs; i++) {
        char name[32];
        snprintf(name, sizeof name, "name%d", i);
        bind(log, 1, i);
        sqlite3_bind_text(log, 2, name, -1, SQLITE_TRANSIENT);
        run(log);
    }
    for (int i = 0; i < devices; i++) {
        follow(cursor, i, 2 * i);
        follow(cursor, i, 2 * i + 1);
    }
    for (int group = 0; group < groups; group++) {
        for (int k = 0; k < members; k++) {
            follow(cursor, (group * 7 + k * (devices / members)) % devices, 2 * devices + group);
        }
    }
    commit();
    checkpoint_if_due();
}

static uint64_t random_state = 42;
static uint64_t next_random(void) {
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return random_state >> 33;
}

typedef struct {
    int log;
    int64_t seq;
} Entry;

// What the index by log lacks.
static Entry tail[SETTLE + 4096];
static int waiting;

static int by_log(const void *one, const void *other) {
    const Entry *a = one, *b = other;
    if (a->log != b->log) return a->log < b->log ? -1 : 1;
    return (a->seq > b->seq) - (a->seq < b->seq);
}

// The index trails the messages: its rows are written in the order of the logs, and where each of these ends.
static void settle(void) {
    static sqlite3_stmt *insert, *end;
    if (!insert) {
        insert = prepare("INSERT OR IGNORE INTO owed(log_id, seq) VALUES (?1, ?2)");
        end = prepare("UPDATE logs SET head_seq = ?2 WHERE log_id = ?1 AND head_seq < ?2");
    }
    qsort(tail, (size_t)waiting, sizeof *tail, by_log);
    begin();
    for (int i = 0; i < waiting; i++) {
        bind(insert, 1, tail[i].log);
        bind(insert, 2, tail[i].seq);
        run(insert);
        if (i + 1 < waiting && tail[i + 1].log == tail[i].log) continue;
        bind(end, 1, tail[i].log);
        bind(end, 2, tail[i].seq);
        run(end);
    }
    commit();
    waiting = 0;
}

static int *counts;  // of each log
static unsigned char payload[PAYLOAD];

static void send_one(sqlite3_stmt *message, sqlite3_stmt *accepted, int64_t seq) {
    uint64_t random = next_random();
    int log = groups > 0 ? 2 * devices + (int)(random % (uint64_t)groups) : 2 * (int)(random % (uint64_t)devices) + 1;
    unsigned char id[16] = {0}, digest[16] = {0};
    for (int i = 0; i < 8; i++) id[i] = (unsigned char)(seq >> (56 - 8 * i));  // ascends, as UUIDv7 does
    memcpy(digest, id, 8);
    counts[log]++;
    tail[waiting++] = (Entry){log, seq};
    sqlite3_bind_blob(accepted, 1, id, sizeof id, SQLITE_STATIC);
    int64_t row[] = {1 << 20, 0, log, seq, 1795000000000};
    for (int i = 0; i < 5; i++) bind(accepted, i + 2, row[i]);
    sqlite3_bind_blob(accepted, 7, digest, sizeof digest, SQLITE_STATIC);
    run(accepted);
    bind(message, 1, seq);
    bind(message, 2, log);
    bind(message, 3, 1 << 20);
    sqlite3_bind_blob(message, 4, id, sizeof id, SQLITE_STATIC);
    int64_t rest[] = {1795000000000, 1797600000000, 0, 0, counts[log], (int64_t)counts[log] * PAYLOAD, seq * 0x1E3779B97F4A7C15};
    for (int i = 0; i < 7; i++) bind(message, i + 5, rest[i]);
    sqlite3_bind_blob(message, 12, payload, sizeof payload, SQLITE_STATIC);
    run(message);
}

static void store_all(void) {
    sqlite3_stmt *message = prepare("INSERT INTO messages VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
    sqlite3_stmt *accepted = prepare(
        "INSERT OR IGNORE INTO accepted(message_id, sender_id, part, log_id, seq, accepted_at, digest)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    for (int sent = 0; sent < messages;) {
        begin();
        for (int k = 0; k < batch && sent < messages; k++) send_one(message, accepted, ++sent);
        commit();
        if (waiting >= SETTLE || sent == messages) settle();
        checkpoint_if_due();
    }
}

typedef struct {
    int device;
    int64_t last;
} Reader;

static int64_t *highest, delivered;

// One page of a device, and the rows of its cursors; the number of messages.
static int read_page(Reader *reader, sqlite3_stmt *page, sqlite3_stmt *acknowledge) {
    int touched[PAGE], marks = 0, rows = 0;
    bind(page, 1, reader->device);
    bind(page, 2, reader->last);
    while (sqlite3_step(page) == SQLITE_ROW) {
        int log = sqlite3_column_int(page, 1);
        reader->last = sqlite3_column_int64(page, 0);
        memcpy(payload, sqlite3_column_blob(page, 10), sizeof payload);
        if (highest[log] == 0) touched[marks++] = log;
        highest[log] = reader->last;
        rows++;
    }
    sqlite3_reset(page);
    for (int i = 0; i < marks; i++) {
        bind(acknowledge, 1, reader->device);
        bind(acknowledge, 2, touched[i]);
        bind(acknowledge, 3, highest[touched[i]]);
        bind(acknowledge, 4, counts[touched[i]]);
        bind(acknowledge, 5, (int64_t)counts[touched[i]] * PAYLOAD);
        run(acknowledge);
        highest[touched[i]] = 0;
    }
    delivered += rows;
    return rows;
}

static void drain_all(void) {
    sqlite3_stmt *page = prepare(
        "SELECT seq, log_id, sender_id, message_id, accepted_at, expires_at, kind, log_count, log_bytes, checksum, payload"
        " FROM messages WHERE seq IN (SELECT o.seq FROM cursors c JOIN owed o ON o.log_id = c.log_id AND o.seq > c.acked_seq"
        " WHERE c.device_id = ?1 AND o.seq > ?2 ORDER BY o.seq LIMIT 128) ORDER BY seq");
    sqlite3_stmt *acknowledge = prepare(
        "UPDATE cursors SET acked_seq = ?3, acked_count = ?4, acked_bytes = ?5"
        " WHERE device_id = ?1 AND log_id = ?2 AND acked_seq < ?3");
    Reader readers[READERS];
    int reading = 0, started = 0;
    while (reading > 0 || started < devices) {
        while (reading < READERS && started < devices) readers[reading++] = (Reader){started++, 0};
        begin();
        for (int i = reading - 1; i >= 0; i--) {
            if (read_page(&readers[i], page, acknowledge) < PAGE) readers[i] = readers[--reading];
        }
        commit();
        checkpoint_if_due();
    }
}

static int ascending(const void *one, const void *other) {
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

// What every device has passed, log by log; then all of it in its order, and its entries in the index.
static void sweep_all(void) {
    sqlite3_stmt *find = prepare(
        "SELECT seq FROM owed WHERE log_id = ?1 AND seq <= (SELECT min(acked_seq) FROM cursors WHERE log_id = ?1)"
        " ORDER BY seq");
    sqlite3_stmt *record = prepare(
        "UPDATE logs SET (swept_through, swept_count, swept_bytes) ="
        " (SELECT seq, log_count, log_bytes FROM messages WHERE seq = ?2) WHERE log_id = ?1");
    sqlite3_stmt *delete = prepare("DELETE FROM messages WHERE seq = ?1");
    sqlite3_stmt *forget = prepare("DELETE FROM owed WHERE log_id = ?1 AND seq <= ?2");
    int64_t *through = calloc((size_t)logs, sizeof *through);
    int64_t *found = malloc(sizeof(int64_t) * (size_t)messages);
    int count = 0;
    begin();
    for (int log = 0; log < logs; log++) {
        int before = count;
        bind(find, 1, log);
        while (sqlite3_step(find) == SQLITE_ROW) found[count++] = sqlite3_column_int64(find, 0);
        sqlite3_reset(find);
        if (count == before) continue;
        bind(record, 1, log);
        bind(record, 2, found[count - 1]);
        run(record);
        through[log] = found[count - 1];
    }
    commit();
    qsort(found, (size_t)count, sizeof *found, ascending);
    for (int i = 0; i < count;) {
        begin();
        for (int k = 0; k < SWEEP_COMMIT && i < count; k++, i++) {
            bind(delete, 1, found[i]);
            run(delete);
        }
        commit();
    }
    begin();
    for (int log = 0; log < logs; log++) {
        if (through[log] == 0) continue;
        bind(forget, 1, log);
        bind(forget, 2, through[log]);
        run(forget);
    }
    commit();
    free(through);
    free(found);
}

int main(int argc, char **argv) {
    if (argc != 7) {
        fprintf(stderr, "usage: reference DIRECTORY DEVICES GROUPS MEMBERS MESSAGES BATCH\n");
        return 64;
    }
    devices = atoi(argv[2]), groups = atoi(argv[3]), members = atoi(argv[4]);
    messages = atoi(argv[5]), batch = atoi(argv[6]);
    open_database(argv[1]);
    register_all();
    counts = calloc((size_t)logs, sizeof *counts);
    highest = calloc((size_t)logs, sizeof *highest);
    phase_ends();
    store_all();
    phase_ends();
    drain_all();
    phase_ends();
    sweep_all();
    phase_ends();
    printf("%lld\n", (long long)delivered);
    return 0;
}
