#!/bin/sh
# Run once by the PostgreSQL image, when its volume is empty: a database and a role for each use.
set -eu

for name in airflow posttrade; do
    case $name in
        airflow) password=$AIRFLOW_DB_PASSWORD ;;
        posttrade) password=$POSTTRADE_DB_PASSWORD ;;
    esac
    psql --set=ON_ERROR_STOP=1 --username=postgres --set=name="$name" --set=password="$password" <<'SQL'
create role :"name" login password :'password';
create database :"name" owner :"name";
revoke connect on database :"name" from public;
SQL
done
