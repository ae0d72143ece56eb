-- purpose: open the net of the day for each agreement that has something to net; say which kind of
--          instruction belongs to which net.
-- reads: netting_kinds, carried_legs (temporary), settlement.net_instructions
-- writes: netting_terms (temporary), settlement.net_instructions, settlement.netted_dates,
--         settlement.touched_nets
-- rerun: append once: a net of the day is opened once; replaces the temporary table
-- parameters: settlement_dates (with events), fresh_dates (without any), effective_on, act_id

drop table if exists pg_temp.netting_terms;

insert into settlement.net_instructions (
    net_instruction_id, settlement_date, agreement, method, centre_account_id, act_id
)
select settlement.reserve_instruction_ids(1), %(effective_on)s, s.*, %(act_id)s
from (
    select agreement, netting_method, centre_account_id from netting_kinds
    union
    select agreement, netting_method, centre_account_id from carried_legs
) as s
where not exists (
    select
    from settlement.net_instructions as n
    where (n.settlement_date, n.agreement, n.method, n.centre_account_id)
        is not distinct from
        (%(effective_on)s, s.agreement, s.netting_method, s.centre_account_id)
);

create temporary table netting_terms on commit drop as
select k.*, n.net_instruction_id
from netting_kinds as k
join settlement.net_instructions as n
    on n.settlement_date = %(effective_on)s
    and (n.agreement, n.method) = (k.agreement, k.netting_method)
    and n.centre_account_id is not distinct from k.centre_account_id;

analyze netting_terms;

insert into settlement.touched_nets (net_instruction_id)
select net_instruction_id
from netting_terms
union
select n.net_instruction_id
from carried_legs as l
join settlement.net_instructions as n
    on n.settlement_date = %(effective_on)s
    and (n.agreement, n.method, n.centre_account_id)
    = (l.agreement, l.netting_method, l.centre_account_id)
except
select net_instruction_id
from settlement.touched_nets
where known_on <= %(effective_on)s;

insert into settlement.netted_dates (net_instruction_id, settlement_date)
select t.net_instruction_id, d.settlement_date
from settlement.touched_nets as t
cross join unnest(%(settlement_dates)s::date[] || %(fresh_dates)s::date[]) as d (settlement_date)
on conflict do nothing;

select
    (select count(*) from netting_kinds) + (select count(*) from carried_legs) as rows_in,
    (select count(*) from settlement.touched_nets) as rows_out;
