-- A match names the versions that agree, and every version is kept: deltas follow from them
-- (view recon.trades), so storing them again for each match would only cost.

alter table recon.matches
    drop column quantity_delta,
    drop column price_delta,
    drop column timestamp_delta_ms,
    drop column pnl_delta;
