-- What splits did to our accounts.

create or replace view report.split_postings as
select
    p.settlement_date as ex_date,
    i.symbol,
    i.account,
    p.new_shares,
    p.old_shares,
    p.held_quantity,
    case i.direction when 'RECEIVE' then i.quantity else -i.quantity end as posted_quantity,
    p.fraction,
    i.subject_version as version,
    i.instruction_id
from settlement.split_postings as p
join settlement.instructions as i
    on i.settlement_date = p.settlement_date
    and i.instruction_id = p.instruction_id;
comment on view report.split_postings is
    'Each movement of a split, with what was held before the ex-date. Versions of an account add up '
    'to what its split is worth as known now; fraction: of the newest version, paid in cash.';
