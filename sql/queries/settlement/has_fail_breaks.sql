-- Whether a break of an instruction that failed is open.
select exists (
    select
    from settlement.breaks
    where break_type = 'settlement_fail'
      and status = 'OPEN'
)
