-- Orders and the counterparties' answers to them: both in, in either order, and the order settles.

-- What every staged record has, whatever it is a record of: asked, flagged and taken away as one.

create table staging.records (
    batch_id bigint not null,
    feed text not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    message_at timestamptz not null,
    business_date date not null,
    -- false: the date is that of the message, and the record's execution may give it another
    is_date_stated boolean not null default true,
    trade_id text,
    flags text[] not null default '{}',
    constraint records_are_of_a_kind check (false) no inherit
);
comment on table staging.records is
    'Staged records of every kind: the tables below it hold them, it holds none itself.';

alter table staging.executions
    add column is_date_stated boolean not null default true,
    inherit staging.records;
alter table staging.confirmations
    alter column is_date_stated set default true,
    inherit staging.records;
alter table staging.pnl_snapshots
    alter column is_date_stated set default true,
    inherit staging.records;

create table staging.orders (
    order_id text,
    symbol text not null,
    side text not null,
    quantity numeric not null,
    price numeric not null,
    currency text not null,
    counterparty_id text not null,
    account text not null,
    ordered_at timestamptz not null,
    answer_form text not null,
    source_id text not null
) inherits (staging.records);
create index staged_orders_by_batch on staging.orders (batch_id);
comment on table staging.orders is 'Feed Trade_Order, from JSON or the short text form.';

create table staging.order_responses (
    order_id text,
    response text not null,
    reason text,
    counterparty_id text,
    responded_at timestamptz not null,
    source_id text not null
) inherits (staging.records);
create index staged_order_responses_by_batch on staging.order_responses (batch_id);
comment on table staging.order_responses is 'Feed Counter_party, from JSON or the short text form.';

create table trade.orders (
    business_date date not null,
    -- the stated id, else the message's own place
    order_key text not null,
    order_id text,
    -- the message's key: answers without an id belong to the oldest waiting order of their lane
    lane text not null,
    symbol text not null,
    side text not null,
    quantity numeric not null,
    price numeric not null,
    currency text not null,
    counterparty_id text not null,
    account text not null,
    ordered_at timestamptz not null,
    answer_form text not null,
    flags text[] not null,
    batch_id bigint not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    message_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint orders_pk primary key (order_key, business_date),
    constraint orders_side_known check (side in ('BUY', 'SELL')),
    constraint orders_quantity_positive check (quantity > 0),
    constraint orders_price_positive check (price > 0),
    constraint orders_answer_form_known check (answer_form in ('JSON', 'TEXT'))
);
create index orders_by_date on trade.orders (business_date);
comment on table trade.orders is
    'Orders as they were accepted. An order id may come again on another business date. Append-only.';

create table trade.order_responses (
    business_date date not null,
    order_id text,
    lane text not null,
    response text not null,
    reason text,
    counterparty_id text,
    responded_at timestamptz not null,
    flags text[] not null,
    batch_id bigint not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    message_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint order_responses_pk primary key (topic, partition, message_offset),
    constraint order_responses_response_known check (response in ('CONFIRM', 'REJECT'))
);
create index order_responses_by_date on trade.order_responses (business_date);
comment on table trade.order_responses is 'What counterparties answered. Append-only.';

create table trade.order_outcomes (
    order_key text not null,
    business_date date not null,
    outcome text not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    decided_at timestamptz not null,
    run_id text not null,
    constraint order_outcomes_pk primary key (order_key, business_date),
    -- one answer answers one order
    constraint order_outcomes_response_key unique (topic, partition, message_offset),
    constraint order_outcomes_order_fk foreign key (order_key, business_date)
        references trade.orders (order_key, business_date),
    constraint order_outcomes_response_fk foreign key (topic, partition, message_offset)
        references trade.order_responses (topic, partition, message_offset),
    constraint order_outcomes_outcome_known check (outcome in ('CONFIRMED', 'REJECTED'))
);
create index order_outcomes_rejected on trade.order_outcomes (decided_at) where outcome = 'REJECTED';
comment on table trade.order_outcomes is
    'Which answer decided an order: once. A confirmed order settles in the same transaction.';

create unique index order_responses_stated_key
    on trade.order_responses (order_id, business_date) where order_id is not null;

create table trade.open_orders (
    order_key text not null,
    business_date date not null,
    due_at timestamptz not null,
    is_new boolean not null default true,
    -- since when it is a break
    overdue_since timestamptz,
    constraint open_orders_pk primary key (order_key, business_date),
    constraint open_orders_order_fk foreign key (order_key, business_date)
        references trade.orders (order_key, business_date)
);
create index open_orders_by_due on trade.open_orders (due_at) where overdue_since is null;
create index open_orders_new on trade.open_orders (is_new) where is_new;
comment on table trade.open_orders is 'Orders that wait for an answer. Past due_at they are breaks.';

create table trade.open_responses (
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    due_at timestamptz not null,
    is_new boolean not null default true,
    -- since when it is a break
    overdue_since timestamptz,
    constraint open_responses_pk primary key (topic, partition, message_offset),
    constraint open_responses_response_fk foreign key (topic, partition, message_offset)
        references trade.order_responses (topic, partition, message_offset)
);
create index open_responses_by_due on trade.open_responses (due_at) where overdue_since is null;
create index open_responses_new on trade.open_responses (is_new) where is_new;
comment on table trade.open_responses is 'Answers that wait for their order. Past due_at they are breaks.';

create table trade.order_conflicts (
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    feed text not null,
    batch_id bigint not null,
    business_date date not null,
    order_id text not null,
    content jsonb not null,
    kept_terms text not null,
    refused_terms text not null,
    recorded_at timestamptz not null,
    constraint order_conflicts_pk primary key (topic, partition, message_offset)
);
create index order_conflicts_by_date on trade.order_conflicts (business_date);
create index order_conflicts_by_time on trade.order_conflicts (recorded_at);
comment on table trade.order_conflicts is
    'A second order or answer of the same id and date with other content: accepted as evidence, never '
    'acted upon; each is a break.';

alter table reference.tolerances
    add column order_answer_seconds integer not null default 300,
    add constraint tolerances_order_answer_positive check (order_answer_seconds > 0);
comment on column reference.tolerances.order_answer_seconds is
    'How long an order may wait for its answer, and an answer for its order, before it is a break.';

alter table outbox.messages add column is_text boolean not null default false;
comment on column outbox.messages.is_text is
    'The payload is a JSON string, and what is sent is its text.';
