# SPDX-License-Identifier: Apache-2.0
# PostgreSQL: a cluster made, started, filled, dumped, stopped
bin=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | tail -1)
[ -n "$bin" ] || exit 0
chmod 755 . && mkdir db && chown postgres db
su postgres -c "$bin/initdb -D $PWD/db -A trust > /dev/null && $bin/pg_ctl -w -D $PWD/db -o '-p 18574 -k $PWD/db' -l $PWD/db/log start && $bin/createdb -h $PWD/db -p 18574 n && $bin/psql -h $PWD/db -p 18574 n -c 'create table t (i int); insert into t select generate_series(1,1000); select count(*) from t' && $bin/pg_dump -h $PWD/db -p 18574 n > /dev/null; $bin/pg_ctl -w -D $PWD/db stop"
