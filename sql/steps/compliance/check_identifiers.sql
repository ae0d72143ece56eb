-- purpose: flag identifiers, of reference data and of the date's trades, that their standard's form
--          or check digit refuses. One that is not stated has not passed: it is counted apart.
-- reads: checked_trades (temporary), reference.instruments, reference.instrument_identifiers,
--        reference.counterparties, reference.standing_instructions
-- writes: found_alerts, found_coverage (temporary)
-- rerun: replaces what the rule had found
-- parameters: business_date

delete from found_alerts where rule = 'identifier_check';

delete from found_coverage where rule = 'identifier_check';

drop table if exists pg_temp.stated_identifiers;

create temporary table stated_identifiers on commit drop as
select 'ISIN' as scheme, symbol as owner, isin as identifier
from reference.instruments
union all
select scheme, symbol, identifier
from reference.instrument_identifiers
union all
select 'LEI', counterparty_id, lei
from reference.counterparties
union all
select 'BIC', counterparty_id || ' in ' || market_id, bic
from (
    select distinct s.counterparty_id, s.market_id, bics.bic
    from reference.standing_instructions as s
    cross join lateral (values (s.agent_bic), (s.place_of_settlement)) as bics (bic)
    where s.withdrawn_at is null
      and %(business_date)s >= s.effective_from
      and %(business_date)s < coalesce(s.effective_until, 'infinity')
) as instructed
union all
select distinct 'MIC', 'a venue', venue
from checked_trades;

insert into found_alerts
select
    'identifier_check', 'REFERENCE', scheme || ' ' || identifier || ' of ' || owner,
    case when scheme in ('ISIN', 'CUSIP', 'SEDOL', 'FIGI') then owner end, null,
    case when scheme = 'LEI' then owner end,
    jsonb_build_object('scheme', scheme, 'identifier', identifier, 'owner', owner)
from stated_identifiers
where not case scheme
    when 'ISIN' then compliance.is_isin(identifier)
    when 'CUSIP' then compliance.is_cusip(identifier)
    when 'SEDOL' then compliance.is_sedol(identifier)
    when 'FIGI' then compliance.is_figi(identifier)
    when 'LEI' then compliance.is_lei(identifier)
    when 'BIC' then compliance.is_bic(identifier)
    when 'MIC' then compliance.is_mic(identifier)
end;

insert into found_coverage
select
    'identifier_check',
    lower(scheme) || case when identifier is null then '_not_stated' else '_checked' end,
    count(*)
from stated_identifiers
group by 2;

select
    (select count(*) from checked_trades) as rows_in,
    (select count(*) from found_alerts where rule = 'identifier_check') as rows_out;
