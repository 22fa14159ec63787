"""What we say in public: written, checked, approved, sent once, and looked for until it is seen live."""
