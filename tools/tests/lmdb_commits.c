// Commits argv[2] transactions of one LMDB environment in folder argv[1], and says how many were acknowledged.
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments) {
    if (count != 3) return 2;
    MDB_env *environment = NULL;
    int code = mdb_env_create(&environment);
    if (!code) code = mdb_env_open(environment, arguments[1], 0, 0644);
    int wanted = atoi(arguments[2]), done = 0;
    while (!code && done < wanted) {
        MDB_txn *transaction = NULL;
        MDB_dbi database;
        MDB_val key = {sizeof(done), &done}, value = {5, "hello"};
        code = mdb_txn_begin(environment, NULL, 0, &transaction);
        if (!code) code = mdb_dbi_open(transaction, NULL, 0, &database);
        if (!code) code = mdb_put(transaction, database, &key, &value, 0);
        if (!code) code = mdb_txn_commit(transaction);
        if (!code) done++;
    }
    MDB_stat status = {0};
    MDB_txn *reader = NULL;
    if (environment && !mdb_txn_begin(environment, NULL, MDB_RDONLY, &reader)) mdb_stat(reader, 1, &status);
    printf("%d %zu %d\n", done, status.ms_entries, code);
    return 0;
}
