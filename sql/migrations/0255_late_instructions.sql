-- What comes after its settlement date was settled counts from the day on which it was known.

create table settlement.late_instructions (
    instruction_id bigint not null,
    settlement_date date not null,
    counts_from date not null,
    constraint late_instructions_pk primary key (instruction_id, settlement_date),
    constraint late_instructions_are_late check (counts_from > settlement_date)
);
comment on table settlement.late_instructions is
    'Instructions that came when their settlement date had been settled already, or when a settled '
    'instruction of the same trade had to be taken back: they neither settle nor fail before '
    'counts_from, the day on which they were known. Their age counts from the intended date all the '
    'same. Append-only.';
create trigger late_instructions_append_only before update or delete
    on settlement.late_instructions
    for each row execute function control.refuse_change();

alter table settlement.touched_nets add column known_on date not null default '-infinity';
comment on column settlement.touched_nets.known_on is
    'The day from which its legs follow: that on which what is taken out of it is taken back.';
