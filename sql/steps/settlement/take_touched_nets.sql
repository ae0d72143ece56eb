-- purpose: take the nets that something was added to or taken out of since the last look
--          at them, and known by the day.
-- reads: settlement.touched_nets, settlement.net_instructions
-- writes: changing_nets (temporary), settlement.touched_nets
-- rerun: replaces the temporary table; what is taken is gone when this transaction ends well
-- parameters: effective_on

drop table if exists pg_temp.changing_nets;

create temporary table changing_nets (
    net_instruction_id bigint not null,
    settlement_date date not null
) on commit drop;

with taken as (
    delete from settlement.touched_nets
    where known_on <= %(effective_on)s
    returning net_instruction_id
)
insert into changing_nets (net_instruction_id, settlement_date)
select n.net_instruction_id, n.settlement_date
from settlement.net_instructions as n
where n.net_instruction_id in (select net_instruction_id from taken);

select count(*) as rows_in, count(*) as rows_out
from changing_nets;
