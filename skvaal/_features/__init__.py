"""Features of images and texts, by networks that others have trained. No strategy is here."""
