"""Wrong beliefs: about what the others believe (`second_order`), and about the values themselves (`drift`)."""
