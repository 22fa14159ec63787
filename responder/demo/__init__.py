"""An invented brand's fortnight, for a first look and for screenshots."""
