-- The newest mark of each instrument is one look-up, however many dates there are.
create index marks_by_instrument on books.marks (symbol, currency, business_date);
