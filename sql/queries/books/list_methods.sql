-- Cost methods of the touched holdings.
select distinct cost_method
from touched_holdings
