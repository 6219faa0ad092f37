"""From files to "label these next", and back: choosing, pages, exports, rounds in a folder."""
