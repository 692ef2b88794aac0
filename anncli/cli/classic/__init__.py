"""Classic: the positional forms of ann1dn."""
