-- Whether anything of a business date is instructed.
select exists (
    select
    from settlement.instructions
    where settlement_date between %(business_date)s and %(last_settlement_date)s
      and business_date = %(business_date)s
      and purpose = 'TRADE'
)
