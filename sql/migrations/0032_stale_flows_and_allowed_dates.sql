-- Closed dates whose books are behind their trades, a person's word for a batch of many dates, and
-- what the content of a conflict is for.

create table books.stale_dates (
    business_date date constraint stale_dates_pk primary key,
    marked_at timestamptz not null default now()
);
comment on table books.stale_dates is
    'Dates that were closed and got or lost an execution afterwards: the next close of this or a later '
    'date builds their flows and marks anew, so that positions open right.';

alter table landing.batches add column dates_allowed boolean not null default false;
comment on column landing.batches.dates_allowed is
    'True: a person let the batch open more new business dates than one batch usually may.';

comment on column trade.conflicts.content is
    'The refused record as it stood in staging: evidence, and promoted anew when the records of its '
    'trade move to another date. It does not take the place of a kept record that is quarantined.';
