-- Refuse overrides that are no price. Not valid: one that is stored stays as evidence, and counts as
-- none (market.best_marks).

alter table market.overrides
    -- NaN is above every number
    add constraint overrides_price_plausible check (abs(price) <= 1000000000) not valid;
