-- The same key in another order: the numbers first, which differ, and the topic behind them, which hardly
-- does. A comparison of keys is then mostly one of numbers, and it finds ranges of offsets as well.

alter table landing.messages drop constraint messages_pk;
alter table landing.messages
    add constraint messages_pk primary key (partition, message_offset, topic, received_on);
