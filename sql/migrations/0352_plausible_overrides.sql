-- Refuse overrides that are no price; find the marks of a symbol that came late. Not valid: one that is stored stays as evidence, and counts as
-- none (market.best_marks).

alter table market.overrides
    -- NaN is above every number
    add constraint overrides_price_plausible check (abs(price) <= 1000000000) not valid;

create index marks_by_symbol_date on market.marks (symbol, mark_date);
