"""What marketers read: definitions, rollups and the figures made from them."""
