-- What staged records are about, where that is no trade.

create or replace view staging.subjects as
select batch_id, topic, partition, message_offset, order_id as subject_id
from staging.orders
union all
select batch_id, topic, partition, message_offset, order_id
from staging.order_responses
union all
select batch_id, topic, partition, message_offset, symbol
from staging.marks
union all
select batch_id, topic, partition, message_offset, instruction_reference
from staging.settlement_statuses
union all
select batch_id, topic, partition, message_offset, statement_id
from staging.statement_lines;
comment on view staging.subjects is
    'Order, instrument, instruction or statement that a staged record is about: the subject of its reject.';
