-- Orders that were confirmed on terms that cannot settle wait until reference data is mended.

create table trade.held_orders (
    order_key text not null,
    business_date date not null,
    held_since timestamptz not null,
    constraint held_orders_pk primary key (order_key, business_date),
    constraint held_orders_outcome_fk foreign key (order_key, business_date)
        references trade.order_outcomes (order_key, business_date)
);
comment on table trade.held_orders is
    'Confirmed orders whose terms cannot settle: nothing of them moves, and each is a break '
    '(settlement.wrong_order_terms says why). They settle in the first run that finds them mended.';
