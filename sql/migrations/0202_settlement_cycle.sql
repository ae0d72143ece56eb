-- What keeps an instruction from settling, and how far each settlement date has come.

create table settlement.holds (
    hold_id integer generated always as identity constraint holds_pk primary key,
    instruction_id bigint not null,
    settlement_date date not null,
    cause text not null,
    placed_act_id integer not null,
    released_act_id integer,
    constraint holds_cause_is_a_sentence check (cause ~ '^[a-z][a-z0-9_]*$'),
    constraint holds_released_later check (released_act_id > placed_act_id)
);
create unique index holds_open on settlement.holds (instruction_id, cause)
    where released_act_id is null;
comment on table settlement.holds is
    'Instructions that must not settle, and why: the trade no longer matches, or a person said so. '
    'What has no released_act_id holds.';

create table settlement.cycles (
    settlement_date date constraint cycles_pk primary key,
    open_count bigint,
    last_effective_on date not null,
    last_run_id text not null
);
comment on table settlement.cycles is
    'Settlement dates that were run, and how many of their instructions were open afterwards: the '
    'next run looks at those with any. Null: one has come since.';
