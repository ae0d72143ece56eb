-- What an account holds is multiplied by a split on its ex-date: a movement from the issuer, or to it.

alter table settlement.accounts drop constraint accounts_kind_known;
alter table settlement.accounts add constraint accounts_kind_known check (
    account_kind in ('HOUSE', 'COUNTERPARTY', 'CLEARING_HOUSE', 'AUTHORITY', 'ISSUER')
);
comment on table settlement.accounts is
    'The accounts between which securities and cash move. HOUSE: an account of ours, as trades name '
    'it; COUNTERPARTY: all that one counterparty holds with us, named by its id; AUTHORITY: who '
    'levies fees and taxes; ISSUER: of an instrument, by its symbol: gives and takes what a split '
    'does. Append-only.';

alter table settlement.instructions drop constraint instructions_purpose_known;
alter table settlement.instructions add constraint instructions_purpose_known check (
    purpose in ('TRADE', 'ALLOCATION', 'ORDER', 'NET', 'FEE', 'PENALTY', 'MARK', 'SPLIT')
);

create table settlement.split_postings (
    instruction_id bigint not null,
    settlement_date date not null,
    held_quantity numeric not null,
    new_shares numeric not null,
    old_shares numeric not null,
    fraction numeric not null,
    constraint split_postings_pk primary key (instruction_id, settlement_date),
    constraint split_postings_fraction_is_one check (abs(fraction) < 1)
);
comment on table settlement.split_postings is
    'Each movement of a split: what the account held before the ex-date (settlement_date), the ratio, '
    'and the fraction of a share that whole shares leave: it is paid in cash, at a price that only '
    'the paying agent knows, so that nothing is booked for it. Append-only.';
create trigger split_postings_append_only before update or delete on settlement.split_postings
    for each row execute function control.refuse_change();
