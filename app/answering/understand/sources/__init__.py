"""Which works of the bibliographies a question means, and what it asks of them."""
