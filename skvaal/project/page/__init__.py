"""The page on a batch of picks: what was chosen, why, and where it lies. One HTML file.

`looks` says what is shown of a sample, and `thumbnails` puts pictures into one sprite. `cards`,
`chart`, `balance` and `diagnosis` hold what each section shows; `writing` puts them together.
"""

from skvaal.project.page.writing import write_page

__all__ = ["write_page"]
